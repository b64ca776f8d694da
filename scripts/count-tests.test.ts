import { describe, expect, test } from 'vitest';
import { countTests } from './count-tests.mjs';

const vitest = (values: object): string =>
  JSON.stringify({
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
    ...values,
  });

describe('a program that is one check', () => {
  test('counts as one test', () => {
    expect(countTests({ ok: true })).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(countTests({ ok: false })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('tests are counted as', () => {
  test('vitest reports them', () => {
    const report = vitest({ numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 });
    expect(countTests({ format: 'vitest', report, ok: false })).toEqual({ passed: 3, failed: 2, skipped: 2 });
  });

  test('vitest, with a file that did not load', () => {
    const report = vitest({ testResults: [{ status: 'failed', assertionResults: [] }] });
    expect(countTests({ format: 'vitest', report, ok: false })).toMatchObject({ passed: 3, failed: 1 });
  });

  test('JUnit reports them', () => {
    const report = `<testsuites tests="4"><testsuite><testcase name="a"/><testcase name="b"></testcase>
      <testcase name="c"><failure message="x">y</failure></testcase><testcase name="d"><skipped/></testcase>
      </testsuite></testsuites>`;
    expect(countTests({ format: 'junit', report, ok: false })).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  test('our own programs report them', () => {
    const report = JSON.stringify({ passed: 4, failed: 1, skipped: 2 });
    expect(countTests({ format: 'counts', report, ok: false })).toEqual({ passed: 4, failed: 1, skipped: 2 });
  });

  test('Playwright reports them, errors outside of tests included', () => {
    const report = JSON.stringify({
      stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 2 },
      errors: [{ message: 'no tests found' }],
    });
    expect(countTests({ format: 'playwright', report, ok: false })).toEqual({
      passed: 5,
      failed: 3,
      skipped: 2,
    });
  });
});

describe('silence is a failure', () => {
  test.each([
    ['no report', { format: 'vitest', ok: true }],
    ['half a report', { format: 'playwright', report: '{"stats":', ok: true }],
    ['no tests', { format: 'junit', report: '<testsuites tests="0"></testsuites>', ok: true }],
    ['all passed, yet it ended badly', { format: 'vitest', report: vitest({}), ok: false }],
  ])('%s', (_name, run) => {
    const { failed, remark } = countTests(run);
    expect(failed).toBe(1);
    expect(remark).toBeTruthy();
  });
});
