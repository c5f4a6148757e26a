// test/support/host-trial.ts: a program that reads the host's network once and prints it as JSON: tests run it inside
// a namespace, because a process sees the addresses of its own only.
import { createHostNetwork } from '../../lib/host/host-network.js';
import { systemExec } from '../../lib/proxier/exec.js';
import { silentLog } from '../../lib/proxier/log.js';

const state = await createHostNetwork({ exec: systemExec, log: silentLog }).read();
process.stdout.write(JSON.stringify({ ...state, localAddresses: [...state.localAddresses] }));
