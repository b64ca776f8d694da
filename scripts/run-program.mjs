/** Runs one program to its end, and ends it with all its children when time is up or this process ends. */
import { spawn } from 'node:child_process';

const ownGroup = process.platform !== 'win32';

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {number} options.seconds longest time that it may take
 * @param {Record<string, string | undefined>} [options.env] beside the environment of this process
 * @param {boolean} [options.shown] whether its output is this process's own
 * @param {(text: string) => void} [options.onOutput] is told all that was printed so far, each time that something is
 * @returns {Promise<{ ok: boolean, output: string }>} what it printed where that is not shown, what else there is to say, and
 * whether it ended with exit code 0. Never rejects.
 */
export function runProgram(program, args, { cwd, seconds, env = {}, shown = false, onOutput = () => {} }) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: shown ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    shell: !ownGroup,
  });
  return new Promise((resolve) => {
    let output = '';
    const end = () => {
      try {
        if (ownGroup) process.kill(-child.pid, 'SIGKILL');
        else child.kill();
      } catch {
        // It has just ended by itself.
      }
    };
    const timer = setTimeout(() => {
      output += `\n${program} was ended after ${seconds} s.`;
      end();
    }, seconds * 1000);
    process.once('exit', end);
    const done = (ok) => {
      clearTimeout(timer);
      process.off('exit', end);
      resolve({ ok, output });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
        onOutput(output);
      });
    }
    child.once('error', (error) => {
      output += `${program} did not start: ${error.message}`;
      done(false);
    });
    child.once('exit', end); // what it has started ends with it, and lets go of its output
    child.once('close', (code) => done(code === 0));
  });
}
