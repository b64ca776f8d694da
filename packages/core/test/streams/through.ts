/** Writes the chunks into a transform, one after the other, and gives what comes out. */
export async function through<In, Out>(
  chunks: readonly In[],
  transform: ReadableWritablePair<Out, In>,
): Promise<Out[]> {
  const source = new ReadableStream<In>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const out: Out[] = [];
  await source.pipeThrough(transform).pipeTo(new WritableStream({ write: (chunk) => void out.push(chunk) }));
  return out;
}
