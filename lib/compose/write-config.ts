// compose/write-config.ts: `--write-config-to`: one file is written, and that is all.
import { writeConfig } from '../cli/config/write-config.js';
import type { WriteConfigOptions } from '../cli/options.js';

/** Exit status. */
export async function writeConfigTo({ path, config }: WriteConfigOptions): Promise<number> {
  try {
    await writeConfig(path, config);
    process.stdout.write(`wrote the configuration to ${path}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`kube-portal: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
