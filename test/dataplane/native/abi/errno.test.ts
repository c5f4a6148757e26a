// What error numbers mean.
import { constants } from 'node:os';
import t from 'tap';
import * as named from '../../../../lib/dataplane/errno.js';
import { isLocalAddressTrouble, isRefusal, isShortage } from '../../../../lib/dataplane/native/abi/errno.js';

const { EMFILE, ENFILE, ENOMEM, EADDRNOTAVAIL, ECONNREFUSED, EHOSTUNREACH, EAGAIN } = constants.errno;

t.test('each number means one thing at most', async (t) => {
  const table: readonly [errno: number, meanings: readonly boolean[]][] = [
    [EMFILE, [true, false, false]],
    [ENFILE, [true, false, false]],
    [ENOMEM, [true, false, false]],
    [EADDRNOTAVAIL, [false, true, false]],
    [ECONNREFUSED, [false, false, true]],
    [EHOSTUNREACH, [false, false, true]],
    [112, [false, false, true]],
    [EAGAIN, [false, false, false]],
    [0, [false, false, false]],
  ];
  for (const [errno, meanings] of table) {
    t.same([isShortage(-errno), isLocalAddressTrouble(-errno), isRefusal(-errno)], meanings, String(errno));
  }
});

t.test('a number means what its name means', async (t) => {
  for (const [code, errno] of Object.entries({ ...constants.errno, EHOSTDOWN: 112 })) {
    const error = Object.assign(new Error(code), { code });
    t.same(
      [isShortage(-errno), isLocalAddressTrouble(-errno), isRefusal(-errno)],
      [named.isShortage(error), named.isLocalAddressTrouble(error), named.isRefusal(error)],
      code,
    );
  }
});
