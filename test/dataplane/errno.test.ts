// What error codes mean to a data plane.
import t from 'tap';
import {
  isAddressMissing,
  isLocalAddressTrouble,
  isNotSupported,
  isPortInUse,
  isRefusal,
  isShortage,
} from '../../lib/dataplane/errno.js';

const predicates = [
  isAddressMissing,
  isLocalAddressTrouble,
  isNotSupported,
  isPortInUse,
  isRefusal,
  isShortage,
];

t.test('each code belongs where it belongs', async (t) => {
  const table: readonly [string, readonly string[]][] = [
    ['EMFILE', ['isShortage']],
    ['ENFILE', ['isShortage']],
    ['ENOBUFS', ['isShortage']],
    ['ECONNREFUSED', ['isRefusal']],
    ['EHOSTUNREACH', ['isRefusal']],
    ['ENETUNREACH', ['isRefusal']],
    ['EACCES', ['isRefusal']],
    ['EADDRINUSE', ['isLocalAddressTrouble', 'isPortInUse']],
    ['EADDRNOTAVAIL', ['isAddressMissing', 'isLocalAddressTrouble', 'isNotSupported']],
    ['EAFNOSUPPORT', ['isNotSupported']],
    ['EPERM', []],
    ['EMSGSIZE', []],
  ];
  for (const [code, expected] of table) {
    const error = Object.assign(new Error(code), { code });
    t.same(
      predicates.filter((holds) => holds(error)).map(({ name }) => name),
      expected,
      code,
    );
  }
});

t.test('what is no system error is none of them', async (t) => {
  for (const error of [undefined, 'EMFILE', new Error('EMFILE'), Object.assign(new Error(), { code: 24 })]) {
    t.notOk(isShortage(error));
  }
});
