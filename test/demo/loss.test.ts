// The verdict: the first station that the packet did not get through.
import t from 'tap';
import { findLoss, type LossFacts } from '../../lib/demo/loss.js';
import { web } from '../../lib/demo/services.js';

const arrived: LossFacts = {
  rule: { proxyPort: 40_001 },
  counted: 3,
  translated: true,
  listening: true,
  endpointAnswers: true,
  atGateway: 0,
};

const table: readonly [facts: Partial<LossFacts>, verdict: RegExp][] = [
  [{ rule: undefined, atGateway: 3 }, /no rule .* captures 10\.96\.0\.80:80.* 3 packets .* gateway/],
  [{ rule: undefined }, /no rule .* nothing told the kernel/],
  [{ counted: 0, translated: false }, /before the rule/],
  [{ translated: false, listening: false }, /at the rule: it counted 3/],
  [{ listening: false, endpointAnswers: false }, /leads to port 40001, where the proxy does not listen/],
  [{ endpointAnswers: false }, /no endpoint answers/],
  [{}, /in the proxy: .* http:\/\/10\.96\.0\.80 still/],
];

for (const [facts, verdict] of table) {
  t.test(`${JSON.stringify(facts)}: ${verdict.source}`, async (t) => {
    t.match(findLoss(web, { ...arrived, ...facts }), verdict);
  });
}
