// scripts/bench.mjs: `npm run bench` (data-plane), `npm run bench:scale`, `npm run soak`. Installs what is missing, builds,
// and runs dist/bench/NAME/main.js with the arguments after the name. Root or not: it makes its own network namespaces.
import { build, ensureModules, ensureSystemPackages, run, usrsctpNeeds } from './steps.mjs';

/** What each of them needs beside Node.js. */
const programsOf = {
  'data-plane': ['ip', 'iptables', 'unshare', 'sysctl', 'haproxy', 'nginx', 'wrk', 'iperf3', ...usrsctpNeeds],
  scale: ['iptables', 'ip', 'conntrack', 'unshare'],
  soak: [],
};

const [first = '', ...rest] = process.argv.slice(2);
const isNamed = first !== '' && !first.startsWith('-');
const name = isNamed ? first : 'data-plane';
const args = isNamed ? rest : process.argv.slice(2);
if (!Object.hasOwn(programsOf, name)) {
  console.error(`usage: node scripts/bench.mjs [${Object.keys(programsOf).join(' | ')}] [options]`);
  process.exit(2);
}
ensureSystemPackages(programsOf[name]);
ensureModules();
build();
run(process.execPath, [`dist/bench/${name}/main.js`, ...args]);
