import { type Clock, MediaError, systemClock } from '@patchcord/core';
import type { Phone, WaitOptions } from '../phone/phone.ts';
import { createSid } from '../phone/sid.ts';
import { createWaits, type Waits } from '../phone/waits.ts';
import type { CallInstructions, RestCallStatus, StartedStream, StreamRequest } from '../rest/call.ts';
import type { Address, AddressBook } from './address.ts';
import type { NumberCall, NumberOptions } from './call.ts';
import type { NumberEnd, NumberEndReason, NumberEvent, NumberEventDetail } from './events.ts';
import { Run } from './run.ts';
import { NumberStreams, type StreamHost } from './streams.ts';
import { readTwiml, type TwimlMethod, type TwimlStream, type TwimlVerb } from './twiml.ts';
import { askWebhook } from './webhook.ts';

/** How long a voice takes for one character: some 165 words a minute. */
const SAY_MS_PER_CHARACTER = 60;

/** How long a file plays that nobody fetches. */
const PLAY_MS = 1000;

/** A key, and the pause after it, in milliseconds; `w` and `W` are Twilio's own pauses. */
const DIGIT_MS: Readonly<Record<string, number>> = { w: 500, W: 1000 };
const USUAL_DIGIT_MS = 200;

/** Documents in a row in which nothing takes time: a number that redirects to itself for ever is ended here. */
const MAX_DOCUMENTS = 100;

/** Verbs that take time. */
const TIMED: ReadonlySet<TwimlVerb['verb']> = new Set(['say', 'play', 'pause', 'dial', 'connect']);

const MAX_EVENTS = 10_000;

const DEFAULT_WAIT_MS = 10_000;

/** The next document, and what is asked for it. */
interface NextDocument {
  readonly address: Address;
  readonly method: TwimlMethod;
  readonly form?: Readonly<Record<string, string>>;
}

/** A call to a number, while it lasts and after. */
export class LiveNumber implements NumberCall {
  readonly callSid: string;
  readonly accountSid: string;
  readonly from: string;
  readonly to: string;
  readonly closed: Promise<NumberEnd>;
  readonly events: NumberEvent[] = [];
  readonly phones: Phone[] = [];
  status: RestCallStatus = 'ringing';

  readonly #addresses: AddressBook;
  readonly #options: NumberOptions;
  readonly #direction: 'inbound' | 'outbound-api';
  readonly #clock: Clock;
  readonly #waits: Waits;
  readonly #startedAt: number;
  readonly #ended = new AbortController();
  readonly #streams: NumberStreams;
  /** The stream that TwiML waits for. */
  #connected: Promise<unknown> | undefined;
  #run: Run;
  #document: Address;
  /** Since the last verb that takes time. */
  #documents = 0;
  /** Phones that `nextPhone` has given. */
  #given = 0;
  #settleClosed = (_end: NumberEnd): void => {};

  constructor(addresses: AddressBook, options: NumberOptions, direction: 'inbound' | 'outbound-api') {
    this.#addresses = addresses;
    this.#options = options;
    this.#direction = direction;
    this.#clock = options.clock ?? systemClock;
    this.#waits = createWaits(this.#clock);
    this.#startedAt = this.#clock.now();
    this.#run = new Run(this.#clock);
    this.#document = addresses.webhook;
    this.callSid = options.callSid ?? createSid('CA');
    this.accountSid = options.accountSid ?? createSid('AC');
    this.from = options.from ?? '+15550100001';
    this.to = options.to ?? '+15550100002';
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#streams = new NumberStreams(addresses, options, this.#streamHost());
    options.rest?.control(this);
  }

  /** Resolves once the first document is understood; rejects with why it is not, and the call is over then. */
  async start(instructions: CallInstructions): Promise<void> {
    const run = this.#run;
    try {
      const verbs = await this.#firstVerbs(instructions);
      this.status = 'in-progress';
      void this.#follow(run, verbs);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  // --- what others do with the call ---

  hangUp(): Promise<NumberEnd> {
    this.#finish('hung-up', 'The caller hung up.');
    return this.closed;
  }

  complete(): void {
    this.#finish('completed', 'The REST interface ended the call.');
  }

  update(instructions: CallInstructions): void {
    if (this.#isOver) return;
    this.#note({ kind: 'updated' });
    this.#run.cancel();
    const run = new Run(this.#clock);
    this.#run = run;
    void this.#startAnew(run, instructions);
  }

  startStream({
    tracks = ['inbound'],
    parameters = {},
    ...request
  }: StreamRequest): StartedStream | undefined {
    if (this.#isOver) return undefined;
    const { name, statusCallback, statusCallbackMethod = 'POST' } = request;
    return this.#streams.start({
      url: request.url,
      name,
      tracks,
      parameters,
      statusCallback,
      statusCallbackMethod,
    });
  }

  stopStream(sidOrName: string): StartedStream | undefined {
    return this.#streams.stop(sidOrName);
  }

  nextPhone({ timeoutMs = DEFAULT_WAIT_MS }: WaitOptions = {}): Promise<Phone> {
    return this.#waitFor(
      () => (this.#given < this.phones.length ? this.phones[this.#given++] : undefined),
      timeoutMs,
      'a stream to come up',
    );
  }

  waitForEvent<Kind extends NumberEvent['kind']>(
    kind: Kind,
    { timeoutMs = DEFAULT_WAIT_MS }: WaitOptions = {},
  ): Promise<Extract<NumberEvent, { readonly kind: Kind }>> {
    type Event = Extract<NumberEvent, { readonly kind: Kind }>;
    const happened = (): Event | undefined =>
      this.events.find((event): event is Event => event.kind === kind);
    const already = happened();
    if (already !== undefined) return Promise.resolve(already);
    return this.#waitFor(happened, timeoutMs, `the event ${kind}`);
  }

  // --- documents ---

  #firstVerbs(instructions: CallInstructions): Promise<TwimlVerb[]> | TwimlVerb[] {
    return 'twiml' in instructions
      ? readTwiml(instructions.twiml)
      : this.#ask({ address: this.#addresses.webhook, method: instructions.method ?? 'POST' });
  }

  async #startAnew(run: Run, instructions: CallInstructions): Promise<void> {
    try {
      // What ran before is over when its stream is.
      await this.#connected;
      if (run.over) return;
      const verbs =
        'twiml' in instructions
          ? readTwiml(instructions.twiml)
          : await this.#ask({
              address: this.#addresses.webhookAt(instructions.url, this.#document),
              method: instructions.method ?? 'POST',
            });
      await this.#follow(run, verbs);
    } catch (error) {
      if (!run.over) this.#fail(error);
    }
  }

  async #ask({ address, method, form }: NextDocument): Promise<TwimlVerb[]> {
    const { authToken, webhookTimeoutMs = 15_000 } = this.#options;
    if (++this.#documents > MAX_DOCUMENTS) {
      throw new MediaError(
        'limit-exceeded',
        `This call has asked for more than ${MAX_DOCUMENTS} documents in a row and done nothing. Check whether its TwiML redirects in a circle.`,
      );
    }
    this.#note({ kind: 'webhook', url: address.url, method });
    const { contentType, text } = await askWebhook({
      url: address.url,
      signedUrl: address.publicUrl,
      method,
      form: { ...this.#form(), ...form },
      authToken,
      timeoutMs: webhookTimeoutMs,
      signal: this.#ended.signal,
    });
    this.#document = address;
    return readAnswer(contentType, text);
  }

  #form(): Record<string, string> {
    const { callSid, accountSid, from, to, status } = this;
    return {
      AccountSid: accountSid,
      ApiVersion: '2010-04-01',
      CallSid: callSid,
      CallStatus: status,
      Called: to,
      Caller: from,
      Direction: this.#direction,
      From: from,
      To: to,
    };
  }

  /** Carries documents out until there is no further verb. Never rejects. */
  async #follow(run: Run, first: readonly TwimlVerb[]): Promise<void> {
    try {
      let verbs: readonly TwimlVerb[] | undefined = first;
      while (verbs !== undefined) {
        const next = await this.#carryOut(run, verbs);
        if (run.over) return;
        verbs = next === undefined ? undefined : await this.#ask(next);
        if (run.over) return;
      }
      this.#finish('no-more-verbs', 'There was no further verb, so the call ended.');
    } catch (error) {
      if (!run.over) this.#fail(error);
    }
  }

  /** @returns the document to go on with, where a verb names one. */
  async #carryOut(run: Run, verbs: readonly TwimlVerb[]): Promise<NextDocument | undefined> {
    for (const verb of verbs) {
      if (run.over) return undefined;
      this.#note({ kind: 'verb', verb });
      if (TIMED.has(verb.verb)) this.#documents = 0;
      const next = await this.#perform(run, verb);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  async #perform(run: Run, verb: TwimlVerb): Promise<NextDocument | undefined> {
    switch (verb.verb) {
      case 'say':
        await run.wait(times(verb.loop, verb.text.length * SAY_MS_PER_CHARACTER));
        return undefined;
      case 'play':
        if (verb.digits !== '') this.#note({ kind: 'digits', digits: verb.digits });
        await run.wait(times(verb.loop, verb.digits === '' ? PLAY_MS : digitsMs(verb.digits)));
        return undefined;
      case 'pause':
        await run.wait(verb.ms);
        return undefined;
      case 'hangup':
        this.#finish('hangup-verb', '<Hangup> ended the call.');
        return undefined;
      case 'reject':
        this.#finish('rejected', '<Reject> declined the call.');
        return undefined;
      case 'redirect':
        return { address: this.#addresses.webhookAt(verb.url, this.#document), method: verb.method };
      case 'dial':
        this.#note({ kind: 'dialled', dialled: verb.dialled });
        await run.wait(this.#options.dialMs ?? Infinity);
        return this.#action(verb, { DialCallStatus: 'completed', DialCallSid: createSid('CA') });
      case 'connect':
        await this.#connect(run, verb.stream);
        return this.#action(verb, {});
      case 'start':
        this.#streams.start(verb.stream);
        return undefined;
      case 'stop':
        this.#streams.stop(verb.name);
        return undefined;
      case 'unknown':
        this.#note({ kind: 'passed-over', name: verb.name });
        return undefined;
    }
  }

  #action(
    { action, method }: { readonly action?: string | undefined; readonly method: TwimlMethod },
    form: Readonly<Record<string, string>>,
  ): NextDocument | undefined {
    return action === undefined
      ? undefined
      : { address: this.#addresses.webhookAt(action, this.#document), method, form };
  }

  /** Until the stream is over: the app closed its socket, the caller hung up, or something else took its place. */
  async #connect(run: Run, wanted: TwimlStream): Promise<void> {
    const connected = await this.#streams.connect(wanted);
    if (connected === undefined) return;
    const { phone, ended } = connected;
    this.#connected = ended;
    const letGo = run.onCancel(() => void phone.hangUp());
    const { endedBy, message } = await ended;
    letGo();
    if (!run.over && endedBy === 'caller') this.#finish('hung-up', message);
  }

  // --- the end ---

  get #isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    const message = wordsOf(error);
    this.#note({ kind: 'failed', message });
    this.#finish('failed', message);
  }

  #finish(reason: NumberEndReason, message: string): void {
    if (this.#isOver) return;
    this.status = reason === 'failed' ? 'failed' : 'completed';
    const end: NumberEnd = { reason, message, durationMs: this.#clock.now() - this.#startedAt };
    this.#note({ kind: 'ended', end });
    this.#ended.abort();
    this.#run.cancel();
    this.#streams.stopAll();
    this.#waits.end(new MediaError('transport-closed', `The call is over. ${message}`));
    const { statusCallback, statusCallbackMethod = 'POST' } = this.#options;
    if (statusCallback !== undefined) {
      const CallDuration = String(Math.round(end.durationMs / 1000));
      this.#streams.tell(statusCallback, statusCallbackMethod, { ...this.#form(), CallDuration });
    }
    void Promise.all(this.phones.map(({ closed }) => closed)).then(() => this.#settleClosed(end));
  }

  #streamHost(): StreamHost {
    const call = this;
    return {
      callSid: this.callSid,
      accountSid: this.accountSid,
      get isOver() {
        return call.#isOver;
      },
      get document() {
        return call.#document;
      },
      note: (event) => this.#note(event),
      cameUp: (phone) => void this.phones.push(phone),
    };
  }

  #note(event: NumberEventDetail): void {
    if (this.events.length >= MAX_EVENTS) this.events.splice(0, MAX_EVENTS / 10);
    this.events.push({ ...event, timestampMs: this.#clock.now() - this.#startedAt });
    this.#waits.look();
  }

  #waitFor<Value>(condition: () => Value | undefined, timeoutMs: number, what: string): Promise<Value> {
    const waiting = this.#waits.until(condition, timeoutMs, what);
    // A timer may fire a little before its time: it is then too early to give up, and looked at again.
    const look = (): void => {
      cancel = this.#clock.after(1, look);
      this.#waits.look();
    };
    let cancel = this.#clock.after(timeoutMs, look);
    const stop = (): void => cancel();
    waiting.then(stop, stop);
    return waiting;
  }
}

/** What an answer says, by its content type. */
function readAnswer(contentType: string, text: string): TwimlVerb[] {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^(?:text|application)\/(?:.*\+)?(?:xml|html)$/.test(type)) return readTwiml(text);
  if (type === 'text/plain') return [{ verb: 'say', text: text.trim(), loop: 1 }];
  if (type.startsWith('audio/')) return [{ verb: 'play', url: '', digits: '', loop: 1 }];
  throw new MediaError(
    'malformed-message',
    `A webhook answered with the content type ${/^[\w.+/-]{1,60}$/.test(type) ? type : 'of nothing known'}, which is no TwiML (Twilio's error 12300). Answer text/xml.`,
  );
}

function digitsMs(digits: string): number {
  let ms = 0;
  for (const digit of digits) ms += DIGIT_MS[digit] ?? USUAL_DIGIT_MS;
  return ms;
}

/** 0 times is Twilio's word for until the call ends. */
function times(loop: number, ms: number): number {
  return loop === 0 ? Infinity : loop * ms;
}

function wordsOf(error: unknown): string {
  return error instanceof MediaError ? error.message : 'Something failed that should not.';
}
