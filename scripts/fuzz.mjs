// scripts/fuzz.mjs: `npm run fuzz:sctp`. Installs what is missing, builds, and throws a million mutated packets at the SCTP
// relay; `-- --packets N --seed N` for others.
import { build, ensureModules, run } from './steps.mjs';

ensureModules();
build();
run(process.execPath, ['dist/test/fuzz/sctp-main.js', ...process.argv.slice(2)]);
