// scripts/build.mjs: installs what package-lock.json names where it is missing, then compiles to dist/.
import { build, ensureModules } from './steps.mjs';

ensureModules();
build();
