// Package dumps keeps the memory of the process, which holds passwords, out of core
// files and away from other processes of the same user.
package dumps
