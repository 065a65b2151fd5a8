package a

const three = "3"

// back tells
// whether it is back.
func back() string { return two() }
