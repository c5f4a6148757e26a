// Every target has all ports of its own, and the configuration files name them.
import t from 'tap';
import {
  haproxyConfig,
  nginxHttpConfig,
  nginxStreamConfig,
} from '../../../bench/data-plane/server-config.js';
import { canDo, targetsOn } from '../../../bench/data-plane/targets.js';

const targets = targetsOn(2);

t.test('no port is used twice, and none is ephemeral', async (t) => {
  const ports = targets.flatMap((target) => [
    ...Object.values(target.ports),
    ...Object.values(target.freshPorts),
  ]);
  t.equal(new Set(ports).size, ports.length);
  t.ok(ports.every((port) => port < 10_000));
});

t.test('one core: HAProxy is there once', async (t) => {
  t.same(
    targetsOn(1).map(({ name }) => name),
    ['direct', 'linux', 'node', 'haproxy-1', 'nginx'],
  );
});

t.test('the files lead every port to its endpoint', async (t) => {
  const [ports, endpoints] = [
    { http: 1, bulk: 2, echo: 3, udp: 4 },
    { http: 11, bulk: 12, echo: 13, udp: 14 },
  ];
  const haproxy = haproxyConfig(2, ports, endpoints);
  t.match(haproxy, /nbthread 2\n/);
  t.match(haproxy, /option splice-auto\n/);
  t.match(haproxy, /bind \*:2 backlog 4096\n {2}server endpoint 127\.0\.0\.1:12\n/);
  const nginx = nginxStreamConfig('/x', '/modules/stream.so', ports, endpoints);
  t.match(nginx, /^load_module \/modules\/stream\.so;\nuser root;\ndaemon off;\npid \/x\/pid;\n/);
  t.match(nginx, /listen 3 backlog=4096; proxy_pass 127\.0\.0\.1:13;/);
  t.match(nginx, /listen 4 udp reuseport; proxy_pass 127\.0\.0\.1:14;/);
  t.notMatch(nginxStreamConfig('/x', undefined, ports, endpoints), /load_module/);
  t.match(nginxHttpConfig('/x', 7), /listen 7 .*return 200/);
});

t.test('HAProxy is given no UDP, and nobody without a process has its memory looked at', async (t) => {
  t.notOk(canDo('haproxy-1', 'udp'));
  t.ok(canDo('nginx', 'udp'));
  t.notOk(canDo('direct', 'idle'));
  t.ok(canDo('direct', 'bulk'));
});
