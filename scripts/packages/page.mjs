/** Opens a project's page in Chromium. */
import { ensureBrowser } from '../ensure-browser.mjs';
import { runProgram } from '../run-program.mjs';

const ARGS = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
];

/** Runs the project's server, and opens the address that it prints. The server ends when it has heard what it waits for. */
export async function visit({ cwd, seconds }) {
  const { chromium } = await import('playwright');
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ARGS });
  let said = '';
  try {
    let opened = false;
    const { ok, output } = await runProgram(process.execPath, ['main.mjs'], {
      cwd,
      seconds,
      onOutput(printed) {
        const address = /http:\S+/.exec(printed)?.[0];
        if (address === undefined || opened) return;
        opened = true;
        open(browser, address, (line) => {
          said += `${line}\n`;
        });
      },
    });
    return { ok: ok && said === '', output: `${output}\n${said}` };
  } finally {
    await browser.close();
  }
}

async function open(browser, address, say) {
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => say(`The page threw: ${error.stack}`));
    page.on('console', (message) => {
      if (message.type() === 'error') say(`The page said: ${message.text()}`);
    });
    await page.goto(address);
  } catch (error) {
    say(error.message);
  }
}
