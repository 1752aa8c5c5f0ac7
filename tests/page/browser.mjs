// How tests and benchmarks start Chromium. `cargo xtask` names the system's browser in CHROMIUM; without it Playwright
// uses its own, if it has one.

/** @type {import('@playwright/test').LaunchOptions} */
export const LAUNCH_OPTIONS = {
  ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
  // The flags after the first two stop the browser from calling its maker: a closed network would make it wait.
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};
