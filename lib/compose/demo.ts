// compose/demo.ts: placeholder until the demo is written
import type { DemoOptions } from '../cli/options.js';
export async function demo(_options: DemoOptions): Promise<number> {
  return 1;
}
