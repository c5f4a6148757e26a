// dataplane/sctp-terminate/child.ts: a program: the child that terminates associations, so that a packet which node-sctp
// can't stand ends or stops this process and not the proxy. Argument: its settings as JSON. Ends with its parent.
import type { FromTerminator, TerminatorSettings, ToTerminator } from './messages.js';
import { beatMs } from './messages.js';
import { Terminator } from './terminator.js';

function post(message: FromTerminator): void {
  if (process.connected) process.send?.(message);
}

const settings: TerminatorSettings = JSON.parse(process.argv[2] ?? '');
const terminator = new Terminator(settings, post);
const beating = setInterval(() => terminator.beat(), beatMs);
process.on('disconnect', () => process.exit());
process.on('message', (message: ToTerminator) => {
  if (message.kind !== 'end') {
    terminator.handle(message);
    return;
  }
  void terminator.close(message.graceMs).then(() => {
    clearInterval(beating);
    terminator.beat();
    process.disconnect();
  });
});
// The parent decides when it is over: Ctrl-C reaches the whole foreground group.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
post({ kind: 'ready' });
