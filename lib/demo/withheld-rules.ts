// demo/withheld-rules.ts: `--break rules`: programs that stand in for iptables-restore, take the rules and throw them
// away. kube-portal itself knows nothing of it: it finds them first in its PATH. Everything that only reads is real.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const standIn = '#!/bin/sh\n# Says that all went well.\nexec cat > /dev/null\n';

/** @param directory made, and to be put first in PATH; the owner removes it */
export async function writeStandIns(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const names = ['iptables', 'ip6tables'].flatMap((program) =>
    ['', '-nft', '-legacy'].map((infix) => `${program}${infix}-restore`),
  );
  await Promise.all(names.map((name) => writeFile(join(directory, name), standIn, { mode: 0o755 })));
}
