// Package transporttest holds what tests of and above a transport need: the
// suite that every transport passes (Conformance) and a transport whose hosts
// answer from a script (Fake).
package transporttest
