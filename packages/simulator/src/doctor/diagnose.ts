import { checkUrl } from '../phone/connection.ts';
import { checkCall } from './call.ts';
import { type Check, type Finding, skipped } from './finding.ts';
import { checkAddress, checkCertificate, checkConnection, checkName } from './network.ts';
import type { DiagnosisOptions } from './options.ts';
import { checkUpgrade, checkWrongSignature } from './upgrade.ts';

const ALL: readonly Check[] = [
  ...(['address', 'name', 'connection', 'certificate', 'upgrade', 'wrong signature'] as const),
  ...(['start', 'first audio', 'close'] as const),
];

/**
 * Looks at all that has to be right for calls to come through, from the name to the end of a call.
 *
 * @param onFinding Called with each finding as soon as it is there, in the order of `Check`.
 * @throws {MediaError} `invalid-argument` for a URL that cannot be dialled.
 */
export async function diagnose(
  text: string,
  options: DiagnosisOptions,
  onFinding: (finding: Finding) => void = () => {},
): Promise<readonly Finding[]> {
  checkUrl(text);
  const url = new URL(text);
  const findings: Finding[] = [];
  const add = (...found: readonly Finding[]): boolean => {
    for (const finding of found) {
      findings.push(finding);
      onFinding(finding);
    }
    return found.every(({ state }) => state !== 'failed');
  };
  const { connectTimeoutMs, ca } = options;

  add(checkAddress(url));
  const reachable =
    add(await checkName(url)) &&
    add(await checkConnection(url, connectTimeoutMs)) &&
    add(
      url.protocol === 'ws:'
        ? skipped('certificate', 'ws:// has none.')
        : await checkCertificate(url, connectTimeoutMs, ca),
    );
  if (reachable) {
    const { finding, outcome } = await checkUpgrade(text, options);
    add(finding);
    if (outcome !== 'failed') add(await checkWrongSignature(text, options));
    if (outcome === 'open') add(...(await checkCall(text, options)));
  }
  add(...ALL.slice(findings.length).map((check) => skipped(check, 'Not looked at.')));
  return findings;
}
