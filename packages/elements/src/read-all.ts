/**
 * Hands each chunk of a stream to `take` until the stream ends or `signal` fires; then the stream is cancelled.
 * Settles, never rejects: a stream that fails has told its reason by other ways.
 */
export async function readAll<Chunk>(
  stream: ReadableStream<Chunk>,
  signal: AbortSignal,
  take: (chunk: Chunk) => void,
): Promise<void> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  if (signal.aborted) return cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      take(value);
    }
  } catch {
    return;
  } finally {
    signal.removeEventListener('abort', cancel);
    reader.releaseLock();
  }
}
