package durable

// dirsSync reports whether a folder can be synced here.
const dirsSync = false
