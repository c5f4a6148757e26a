// scripts/conformance.mjs: writes docs/conformance.md from the registry of test/conformance/.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, ensureModules, root } from './steps.mjs';

ensureModules();
build();
const { registry } = await import('../dist/test/conformance/registry.js');
const { conformanceDocument } = await import('../dist/test/conformance/document.js');
writeFileSync(join(root, 'docs/conformance.md'), conformanceDocument(registry));
