// The demo as an ordinary user runs it, in a user namespace of its own: with either data plane.
import t from 'tap';
import { systemExec } from '../../lib/proxier/exec.js';
import { expectSuccess, runDemo } from '../support/demo-run.js';
import { copyProgram } from '../support/program-copy.js';
import { dataPlanes } from '../support/stage.js';

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
const isRoot = process.getuid?.() === 0;

/** Why an ordinary user may not have namespaces here; false: no reason. */
async function userNamespaceRefusal(): Promise<string | false> {
  const [file = '', ...args] = [
    ...(isRoot ? asNobody : []),
    'unshare',
    '--user',
    '--map-root-user',
    '--net',
    'true',
  ];
  const { status, stderr } = await systemExec(file, args);
  return status === 0 ? false : `user namespaces are not permitted: ${stderr.trim()}`;
}

t.test('with each data plane', { skip: await userNamespaceRefusal() }, async (t) => {
  const { mainFile: program, temporary } = await copyProgram(t);
  const options = { prefix: isRoot ? asNobody : [], program, temporary };
  for (const dataPlane of dataPlanes) {
    const run = runDemo(t, ['--data-plane', dataPlane], options);
    await expectSuccess(t, run);
    const text = run.stdout.lines.join('\n');
    t.match(text, 'owned by an ordinary user');
    t.match(text, `kubeportal_data_plane_info{kind="${dataPlane}",reason="asked for"} 1`);
  }
});
