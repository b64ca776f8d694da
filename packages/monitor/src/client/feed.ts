/** A readable stream that is fed from outside and never holds more than it should. */
export interface Feed<T> {
  readonly stream: ReadableStream<T>;
  /** Adds an item. Nothing after the end. */
  push(item: T): void;
  /** Ends the stream when what is waiting has been read. */
  close(): void;
  /** Errors the stream when what is waiting has been read. */
  error(reason: unknown): void;
}

/** Options of a feed. */
export interface FeedOptions<T> {
  /** Takes out of the items that wait, oldest first, what is too much. Called after each push. */
  readonly trim: (waiting: T[]) => void;
  /** The reader has lost interest. */
  readonly onCancel: () => void;
}

/** Creates a feed. The queue is its own: a stream's would hold on to what is too much. */
export function createFeed<T>({ trim, onCancel }: FeedOptions<T>): Feed<T> {
  const waiting: T[] = [];
  let controller: ReadableStreamDefaultController<T> | undefined;
  /** Whether a reader waits for the next item. */
  let wanted = false;
  let end: (() => void) | undefined;
  let over = false;

  const stream = new ReadableStream<T>(
    {
      start(own) {
        controller = own;
      },
      pull() {
        wanted = true;
        deliver();
      },
      cancel() {
        over = true;
        waiting.length = 0;
        onCancel();
      },
    },
    { highWaterMark: 0 },
  );

  function deliver(): void {
    if (over) return;
    if (wanted && waiting.length > 0) {
      wanted = false; // before `enqueue`, which may pull again
      controller?.enqueue(waiting.shift() as T);
    }
    if (end && waiting.length === 0) {
      over = true;
      end();
    }
  }

  return {
    stream,
    push(item) {
      if (over || end) return;
      waiting.push(item);
      deliver();
      trim(waiting);
    },
    close() {
      end ??= () => controller?.close();
      deliver();
    },
    error(reason) {
      end ??= () => controller?.error(reason);
      deliver();
    },
  };
}
