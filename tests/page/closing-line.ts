// Ends the output of a run with one plain line, `N passed, N failed, N skipped`, and names what was skipped and why.

import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class ClosingLine implements Reporter {
  private readonly outcomes = new Map<TestCase, TestResult>();
  private errors = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    this.outcomes.set(test, result);
  }

  onError(): void {
    this.errors += 1;
  }

  onEnd(result: FullResult): void {
    let passed = 0;
    let failed = this.errors;
    let skipped = 0;
    for (const test of this.outcomes.keys()) {
      const outcome = test.outcome();
      if (outcome === 'skipped') {
        skipped += 1;
        const why =
          test.annotations.find((a) => a.type === 'skip')?.description ?? 'no reason given';
        console.log(`skipped: ${test.title} (${why})`);
      } else if (outcome === 'unexpected') failed += 1;
      else passed += 1;
    }
    if (failed === 0 && result.status !== 'passed') failed = 1;
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
