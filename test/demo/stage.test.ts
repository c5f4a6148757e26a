// The demo's network: who reaches whom, and why the rules will be REDIRECT.
import t from 'tap';
import { createStage, succeed } from '../../lib/demo/stage.js';
import { silentLog } from '../../lib/proxier/log.js';

t.test('the stage', async (t) => {
  const stage = await createStage(silentLog);
  t.teardown(() => stage.close());
  const connect = async (place: 'node' | 'pods' | 'gateway', address: string) => {
    const { stderr } = await stage[place].run(['bash', '-c', `: < /dev/tcp/${address}/1`], {
      timeoutMs: 5_000,
    });
    return stderr;
  };

  await t.test('node and pods reach one another, and the node its gateway', async (t) => {
    t.match(await connect('node', '10.244.0.11'), /refused/);
    t.match(await connect('pods', '10.244.0.1'), /refused/);
    t.match(await connect('node', '192.168.77.2'), /refused/);
    t.match(await connect('pods', '192.168.77.2'), /refused/, 'by way of the node, which forwards');
  });

  await t.test('every interface of the node has an address', async (t) => {
    const { stdout } = await succeed(stage.node, 'ip -4 -brief address');
    t.match(stdout, /^lo .*127\.0\.0\.1/m);
    t.match(stdout, /^pods0@.* 10\.244\.0\.1\/24/m);
    t.match(stdout, /^uplink0@.* 192\.168\.77\.1\/24/m);
    t.equal(stdout.trim().split('\n').length, 3);
  });

  await t.test('a ClusterIP has a route: to the gateway', async (t) => {
    const { stdout } = await succeed(stage.node, 'ip route get 10.96.0.80');
    t.match(stdout, /via 192\.168\.77\.2 dev uplink0/);
  });

  await t.test('a command that fails says where', async (t) => {
    await t.rejects(succeed(stage.pods, 'echo no >&2; exit 3'), {
      name: 'NamespaceError',
      message: 'echo no >&2; exit 3 in namespace pods: no',
    });
    await t.rejects(succeed(stage.pods, 'exit 3'), { message: /exit status 3/ });
  });
});
