/** Counts tests by the reports that test runners write for machines. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/**
 * One reader for each runner: text of the report in, counts out. A file that could not be loaded, or an error
 * outside of any test, counts as one failed test.
 *
 * @type {Record<string, (report: string) => Counts>}
 */
const readers = {
  vitest(report) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(report);
    const unloaded = testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests + unloaded.length,
      skipped: numPendingTests + numTodoTests,
    };
  },
  counts(report) {
    const { passed, failed, skipped } = JSON.parse(report);
    return { passed, failed, skipped };
  },
  junit(report) {
    const skipped = count(report, /<skipped\b/g);
    const failed = count(report, /<(failure|error)\b/g);
    return { passed: count(report, /<testcase\b/g) - failed - skipped, failed, skipped };
  },
  playwright(report) {
    const { stats, errors } = JSON.parse(report);
    return {
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky + (errors?.length ?? 0),
      skipped: stats.skipped,
    };
  },
};

/**
 * The counts of one run. Nothing is a pass by silence: a run that ended badly, left no report or ran no test
 * has at least one failure.
 *
 * @param {{ format?: string, report?: string, ok: boolean }} run `format` is absent for a program that is one
 * check as a whole; `ok` says whether it ended with exit code 0.
 * @returns {Counts & { remark?: string }}
 */
export function countTests({ format, report, ok }) {
  if (!format) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  let counts;
  try {
    counts = readers[format](report ?? '');
  } catch {
    return { passed: 0, failed: 1, skipped: 0, remark: 'it left no report that can be read' };
  }
  if (counts.failed > 0) return counts;
  if (counts.passed + counts.skipped === 0) return { ...counts, failed: 1, remark: 'it ran no tests' };
  if (!ok) return { ...counts, failed: 1, remark: 'its tests passed, yet it ended with an error' };
  return counts;
}
