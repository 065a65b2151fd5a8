package a

const three = "3"

func back() string { return two() }
