/** One file for the worker, packages included. */
export default { build: { lib: { entry: 'worker.js', formats: ['es'], fileName: 'worker' } } };
