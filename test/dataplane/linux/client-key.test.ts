// Two datagrams have one key if, and only if, client and local address are the same.
import t from 'tap';
import { ClientKeys } from '../../../lib/dataplane/linux/client-key.js';
import { localAddressOffset } from '../../../lib/dataplane/native/packet-info.js';
import { encodeSockaddr, ipv4Bytes, ipv6Bytes } from '../../../lib/dataplane/native/socket-address.js';
import type { IpFamily } from '../../../lib/model/ip.js';

function keysOf(ipFamily: IpFamily) {
  const keys = new ClientKeys(ipFamily);
  return (ip: string, port: number, local: string): number | string => {
    const names = Buffer.alloc(64);
    const controls = Buffer.alloc(128);
    names.set(encodeSockaddr({ ip, port }), 32);
    controls.set(
      ipFamily === 'IPv4' ? ipv4Bytes(local) : ipv6Bytes(local),
      64 + localAddressOffset(ipFamily),
    );
    return keys.keyOf(names, 32, controls, 64);
  };
}

t.test('IPv4: any difference makes another key, with any number of local addresses', async (t) => {
  const keyOf = keysOf('IPv4');
  const seen = new Map<number | string, string>();
  for (const ip of ['0.0.0.1', '10.0.0.1', '255.255.255.255', '1.0.0.10']) {
    for (const port of [1, 256, 65_535]) {
      for (let number = 0; number < 50; number++) {
        const local = `127.0.${number % 3}.${number}`;
        const name = `${ip} ${port} ${local}`;
        const key = keyOf(ip, port, local);
        t.equal(keyOf(ip, port, local), key);
        t.equal(seen.get(key), undefined, name);
        seen.set(key, name);
        if (typeof key === 'number') t.ok(Number.isSafeInteger(key));
      }
    }
  }
});

t.test('IPv6: any difference makes another key', async (t) => {
  const keyOf = keysOf('IPv6');
  const key = keyOf('fd00::1', 80, 'fd00::2');
  t.equal(keyOf('fd00::1', 80, 'fd00::2'), key);
  for (const other of [
    keyOf('fd00::3', 80, 'fd00::2'),
    keyOf('fd00::1', 81, 'fd00::2'),
    keyOf('fd00::1', 80, '::1'),
  ]) {
    t.not(other, key);
  }
});
