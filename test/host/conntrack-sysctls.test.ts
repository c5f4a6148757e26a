// Conntrack's settings, in a folder that looks like /proc: raised, never lowered, and one warning for what can't be.
import { chmod, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type ConntrackSettings,
  raiseConntrackSysctls,
  wantedSysctls,
} from '../../lib/host/conntrack-sysctls.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

const nothing: ConntrackSettings = {
  maxPerCore: 0,
  min: 131_072,
  tcpEstablishedTimeoutSeconds: 0,
  tcpCloseWaitTimeoutSeconds: 0,
  tcpBeLiberal: false,
  udpTimeoutSeconds: 0,
  udpStreamTimeoutSeconds: 0,
};
const everything: ConntrackSettings = {
  maxPerCore: 32_768,
  min: 131_072,
  tcpEstablishedTimeoutSeconds: 86_400,
  tcpCloseWaitTimeoutSeconds: 3600,
  tcpBeLiberal: true,
  udpTimeoutSeconds: 40,
  udpStreamTimeoutSeconds: 180,
};

interface Line {
  readonly level: string;
  readonly fields: unknown;
}

function listeningLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: unknown) => {
    lines.push({ level, fields });
  };
  return { ...silentLog, info: at('info'), warn: at('warn'), error: at('error'), lines };
}

function procWith(t: Test, values: Readonly<Record<string, string>>) {
  const procRoot = t.testdir({ sys: { net: { netfilter: { ...values } } } });
  const path = (name: string) => join(procRoot, 'sys/net/netfilter', name);
  return { procRoot, path, read: async (name: string) => (await readFile(path(name), 'utf8')).trim() };
}

t.test('the limit is the larger of the least and that of the cores, which has a cap', async (t) => {
  const table: readonly [maxPerCore: number, min: number, cores: number, max: number | undefined][] = [
    [0, 131_072, 64, undefined],
    [32_768, 131_072, 2, 131_072],
    [32_768, 131_072, 8, 262_144],
    [32_768, 131_072, 256, 1_048_576],
    [32_768, 2_000_000, 256, 2_000_000],
    [32_768, 0, 1, 32_768],
  ];
  for (const [maxPerCore, min, cores, max] of table) {
    const wanted = wantedSysctls({ ...nothing, maxPerCore, min }, cores);
    t.equal(wanted.get('nf_conntrack_max'), max);
    t.equal(wanted.get('nf_conntrack_buckets'), max && max / 4);
    t.equal(wanted.size, max === undefined ? 0 : 2, 'what is zero is left as it is');
  }
});

t.test('what is lower is raised, and what is higher stays', async (t) => {
  const { procRoot, read } = procWith(t, {
    nf_conntrack_max: '262144\n',
    nf_conntrack_buckets: '16384\n',
    nf_conntrack_tcp_timeout_established: '432000\n',
    nf_conntrack_tcp_timeout_close_wait: '60\n',
    nf_conntrack_tcp_be_liberal: '0\n',
    nf_conntrack_udp_timeout: '30\n',
    nf_conntrack_udp_timeout_stream: '180\n',
  });
  const log = listeningLog();
  t.same(await raiseConntrackSysctls(everything, { log, procRoot, cores: 2 }), []);
  t.equal(await read('nf_conntrack_max'), '262144');
  t.equal(await read('nf_conntrack_buckets'), '32768');
  t.equal(await read('nf_conntrack_tcp_timeout_established'), '432000');
  t.equal(await read('nf_conntrack_tcp_timeout_close_wait'), '3600');
  t.equal(await read('nf_conntrack_tcp_be_liberal'), '1');
  t.equal(await read('nf_conntrack_udp_timeout'), '40');
  t.same(log.lines, [
    {
      level: 'info',
      fields: {
        raised: {
          nf_conntrack_buckets: 32_768,
          nf_conntrack_tcp_timeout_close_wait: 3600,
          nf_conntrack_tcp_be_liberal: 1,
          nf_conntrack_udp_timeout: 40,
        },
      },
    },
  ]);
  log.lines.length = 0;
  t.same(await raiseConntrackSysctls(everything, { log, procRoot, cores: 2 }), [], 'a second time');
  t.same(log.lines, [], 'there is nothing to do and nothing to say');
});

t.test('those that can not be written are one warning, and the others are raised all the same', async (t) => {
  const { procRoot, path, read } = procWith(t, { nf_conntrack_udp_timeout: '30\n' });
  // Root may write any file; what it may not is write to a link that leads nowhere, or read-only memory.
  await symlink('/nowhere/at/all', path('nf_conntrack_max'));
  const log = listeningLog();
  const settings = { ...nothing, maxPerCore: 1, min: 4, udpTimeoutSeconds: 40 };
  const failed = await raiseConntrackSysctls(settings, { log, procRoot, cores: 1 });
  t.same(failed, ['nf_conntrack_max', 'nf_conntrack_buckets']);
  t.equal(await read('nf_conntrack_udp_timeout'), '40');
  t.match(log.lines, [
    { level: 'info', fields: { raised: { nf_conntrack_udp_timeout: 40 } } },
    {
      level: 'warn',
      fields: { wanted: { nf_conntrack_max: 4, nf_conntrack_buckets: 1 }, err: { code: 'ENOENT' } },
    },
  ]);
});

t.test('a setting that may not be written, as in a container, is told with its reason', async (t) => {
  const { procRoot, path } = procWith(t, { nf_conntrack_udp_timeout: '30\n' });
  await chmod(path('nf_conntrack_udp_timeout'), 0o444);
  const log = listeningLog();
  const failed = await raiseConntrackSysctls({ ...nothing, udpTimeoutSeconds: 40 }, { log, procRoot });
  // Root writes what is read-only: then there is nothing to tell.
  if (process.getuid?.() === 0) t.same(failed, []);
  else t.match(log.lines, [{ level: 'warn', fields: { err: { code: 'EACCES' } } }]);
});
