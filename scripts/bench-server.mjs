/**
 * What a call costs a server on real sockets, beside a bare `ws` server: `pnpm bench --server`, some four minutes.
 *
 * The servers are processes of their own, the load comes from one more: phones of the simulator, each sending 50
 * messages a second by its own clock. A round loads the servers one after another, in another order each time; ratios
 * are taken within a round, of the CPU time that the server's process used for a message.
 *
 *     node scripts/bench-server.mjs --rounds=8 --calls=200 --seconds=1.5 --json --no-memory
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const options = new Map(process.argv.slice(2).map((argument) => argument.split(/=(.*)/s)));
const number = (name, usual) => Number(options.get(name) ?? usual);

const ROUNDS = number('--rounds', 8);
const CALLS = number('--calls', 200);
const MEASURED_MS = 1000 * number('--seconds', 1.5);
/** Longer than a call keeps what nobody reads. */
const SETTLING_MS = 2500;
const LONGEST_ANSWER_MS = 180_000;
const FEW_CALLS = 100;
const MANY_CALLS = 500;

/** Each server, what it is measured against, and the most that it may cost in its terms. */
const CPU_ROWS = [
  { app: 'observe', name: 'observe + send, 8 kHz', peer: 'bare', gate: 1.3 },
  { app: 'observe-16', name: 'observe + send, 16 kHz', peer: 'bare', gate: 1.5 },
  { app: 'observe-marks', name: 'observe + send, 8 kHz, with marks', peer: 'bare' },
  { app: 'streams', name: 'readable -> writable, 8 kHz', peer: 'bare-streams', gate: 1.25 },
];

const PEERS = {
  bare: 'ws.send(data.toString())',
  'bare-streams': 'ws, strings through native streams',
};

const MEMORY_ROWS = [
  { app: 'observe', name: 'memory a call, 8 kHz', gate: 64 },
  { app: 'observe-16', name: 'memory a call, 16 kHz', gate: 64 },
  { app: 'bare', name: 'memory a connection of bare ws' },
];

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A process of our own that answers each message with one. */
function start(file, ...parts) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), parts);
  process.once('exit', () => child.kill());
  const answer = () =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${file} ${parts} did not answer.`)), LONGEST_ANSWER_MS);
      child.once('message', (message) => {
        clearTimeout(late);
        resolve(message);
      });
    });
  return {
    first: answer(),
    ask(message) {
      const answered = answer();
      child.send(message);
      return answered;
    },
    end: () => child.kill(),
  };
}

const startApp = async (app) => {
  const server = start('./bench-server-app.mjs', app);
  const { port } = await server.first;
  return { ...server, port };
};

const load = start('./bench-server-load.mjs');
await load.first;

/** Microseconds of CPU that a server used for each message. */
async function cpuOf({ ask, port }, measuredMs) {
  await load.ask({ kind: 'dial', port, calls: CALLS });
  await sleep(SETTLING_MS);
  const before = await ask('usage');
  await sleep(measuredMs);
  const after = await ask('usage');
  await load.ask({ kind: 'drop' });
  return (after.cpuUs - before.cpuUs) / (after.messages - before.messages);
}

async function cpuRows() {
  const names = [...new Set(CPU_ROWS.flatMap(({ app, peer }) => [peer, app]))];
  const servers = new Map();
  for (const name of names) servers.set(name, await startApp(name));
  const rounds = [];
  // The first round warms the servers up and does not count.
  for (let index = 0; index <= ROUNDS; index++) {
    const round = {};
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(index + turn) % names.length];
      round[name] = await cpuOf(servers.get(name), MEASURED_MS);
    }
    if (index > 0) rounds.push(round);
  }
  for (const { end } of servers.values()) end();
  return CPU_ROWS.map(({ app, name, peer, gate }) => ({
    name,
    unit: 'µs',
    ...summary(rounds.map((round) => round[app])),
    ratio: summary(rounds.map((round) => round[app] / round[peer])),
    peer: PEERS[peer],
    gate,
  }));
}

/** KiB of resident memory that each more call takes. */
async function memoryRow({ app, name, gate }) {
  const { ask, port, end } = await startApp(app);
  await load.ask({ kind: 'dial', port, calls: FEW_CALLS });
  await sleep(SETTLING_MS);
  const few = await ask('usage');
  await load.ask({ kind: 'dial', port, calls: MANY_CALLS - FEW_CALLS });
  await sleep(SETTLING_MS);
  const many = await ask('usage');
  await load.ask({ kind: 'drop' });
  end();
  const median = rounded((many.residentBytes - few.residentBytes) / 1024 / (MANY_CALLS - FEW_CALLS));
  return { name, unit: 'KiB', median, gate };
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return {
    median: rounded((sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2),
    least: rounded(sorted[0]),
    most: rounded(sorted.at(-1)),
  };
}

function rounded(value) {
  return Number(value.toPrecision(3));
}

function inWords({ name, unit, median, ratio, peer, gate }) {
  const held = gate === undefined ? '' : (ratio?.median ?? median) <= gate ? 'held' : 'MISSED';
  const figures = ratio ? `${ratio.median} x (${ratio.least} to ${ratio.most}) of ${peer}` : '';
  const most = gate === undefined ? '' : `at most ${gate}${ratio ? ' x' : ` ${unit}`}: ${held}`;
  return [name.padEnd(36), `${median} ${unit}`.padStart(10), figures, most].filter(Boolean).join('  ');
}

const json = options.has('--json');
const rows = [];
const add = (row) => {
  rows.push(row);
  if (!json) console.log(inWords(row));
};
for (const row of await cpuRows()) add(row);
if (!options.has('--no-memory')) for (const row of MEMORY_ROWS) add(await memoryRow(row));
load.end();
if (json) {
  console.log(JSON.stringify({ rows }));
} else {
  console.log(
    `\nCPU of the server's process for a message, ${CALLS} calls, ${ROUNDS} paired rounds: median (least to most). ` +
      `Memory: resident size at ${MANY_CALLS} calls less that at ${FEW_CALLS}, a call, ws included.`,
  );
}
process.exit(0);
