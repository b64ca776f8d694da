import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIvr, type IvrAction, type IvrInput } from '../src/ivr.ts';

/** What the menu does about the last of some inputs. */
function after(...inputs: IvrInput[]): IvrAction[] {
  const ivr = createIvr();
  return inputs.map((input) => ivr.next(input)).at(-1) ?? [];
}

const answered: IvrInput = { kind: 'answered' };
const played: IvrInput = { kind: 'played' };
const waited: IvrInput = { kind: 'waited' };
const speaks: IvrInput = { kind: 'speaks' };
const quiet: IvrInput = { kind: 'quiet' };
const key = (digit: Extract<IvrInput, { kind: 'key' }>['digit']): IvrInput => ({ kind: 'key', digit });

const says = (prompt: string): object[] => [{ kind: 'fall-silent' }, { kind: 'say', prompt }];

describe('a caller who does nothing', () => {
  test('hears the menu twice, the closing, and is hung up on', () => {
    expect(after(answered)).toEqual(says('menu'));
    expect(after(answered, played)).toMatchObject([{ kind: 'wait' }]);
    expect(after(answered, played, waited)).toEqual(says('menu'));
    expect(after(answered, played, waited, played, waited)).toEqual(says('closing'));
    expect(after(answered, played, waited, played, waited, played)).toEqual([{ kind: 'hang-up' }]);
  });
});

describe('keys', () => {
  test.each(['0', '1', '2', '3'] as const)('%s puts the caller on hold, then ends', (digit) => {
    expect(after(answered, key(digit))).toEqual(says('hold'));
    expect(after(answered, key(digit), played, waited)).toEqual(says('closing'));
  });

  test('4 is the echo test, which # ends', () => {
    expect(after(answered, key('4'))).toEqual(says('echo'));
    expect(after(answered, key('4'), played)[0]).toEqual({ kind: 'echo', on: true });
    expect(after(answered, key('4'), played, key('7'))).toEqual([]);
    expect(after(answered, key('4'), played, key('#'))).toEqual([
      { kind: 'echo', on: false },
      ...says('closing'),
    ]);
  });

  test('a key without a meaning says the menu again', () => {
    expect(after(answered, key('9'))).toEqual(says('menu'));
  });
});

describe('a caller who speaks', () => {
  test('is not talked over', () => {
    expect(after(answered, speaks)[0]).toEqual({ kind: 'fall-silent' });
    expect(after(answered, key('1'), speaks)[0]).toEqual({ kind: 'fall-silent' });
    expect(after(answered, key('#'), speaks)[0]).toEqual({ kind: 'fall-silent' });
  });

  test('is answered after a silence, and after the longest speech', () => {
    expect(after(answered, speaks, quiet)).toMatchObject([{ kind: 'wait' }]);
    expect(after(answered, speaks, quiet, waited)).toEqual(says('hold'));
    expect(after(answered, speaks, waited)).toEqual(says('hold'));
  });

  test('is echoed during the echo test, not interrupted by it', () => {
    expect(after(answered, key('4'), played, speaks)).toEqual([]);
  });

  test('over the closing is hung up on all the same', () => {
    expect(after(answered, key('#'), speaks, waited)).toEqual([{ kind: 'hang-up' }]);
  });
});

test('a caller who presses nothing more is hung up on, whatever happened before', () => {
  const input = fc.oneof(
    fc.constantFrom(played, waited, speaks, quiet),
    fc.constantFrom('0', '4', '9', '*', '#', 'A').map((digit) => key(digit as '0')),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 30 }), (story) => {
      const ivr = createIvr();
      let pending = ivr.next(answered);
      for (const happened of story) {
        const actions = ivr.next(happened);
        if (actions.length > 0) pending = actions;
      }
      // From here on: what is said is heard, what is waited for comes.
      for (let step = 0; step < 20; step++) {
        const last = pending.at(-1);
        if (last?.kind === 'hang-up') return true;
        pending = ivr.next(last?.kind === 'say' ? played : waited);
      }
      return false;
    }),
    { seed: 20_261 },
  );
});
