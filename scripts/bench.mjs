// scripts/bench.mjs: `npm run bench:NAME`. Installs what is missing, builds, and runs the benchmark of that name
// (dist/bench/NAME/main.js) with the arguments after it. Root or not: it makes its own network namespaces.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, ensureModules, ensureSystemPackages, root, run } from './steps.mjs';

const [name = '', ...args] = process.argv.slice(2);
if (!/^\w+$/.test(name) || !existsSync(join(root, `bench/${name}/main.ts`))) {
  console.error('usage: node scripts/bench.mjs NAME [options], where bench/NAME/main.ts is');
  process.exit(2);
}
ensureSystemPackages(['iptables', 'ip', 'conntrack', 'unshare']);
ensureModules();
build();
run(process.execPath, [`dist/bench/${name}/main.js`, ...args]);
