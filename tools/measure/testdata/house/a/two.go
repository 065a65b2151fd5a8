package a

var r Room

func two() string { return "" }

func (r *Room) name() string { return three }
