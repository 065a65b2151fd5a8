// Package transporttest holds helpers for tests of and above a transport: the
// suites that every transport passes (Conformance, and FilesConformance where
// it moves files) and a transport whose hosts answer from a script (Fake).
package transporttest
