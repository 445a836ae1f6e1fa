// Tests run as ES modules, which jest supports behind --experimental-vm-modules: .npmrc sets it for npm and npx.
export default {
  testEnvironment: "<rootDir>/test/support/environment.js",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript" },
          target: "es2023",
          transform: { verbatimModuleSyntax: true },
        },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  moduleNameMapper: {
    "^datumline/constructs$": "<rootDir>/constructs/index.ts",
    "^datumline/policies$": "<rootDir>/policies/entry.ts",
    "^datumline/cdktf$": "<rootDir>/constructs/cdktf.ts",
  },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  maxWorkers: 2,
  testTimeout: 60_000,
};
