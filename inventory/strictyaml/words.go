package strictyaml

// plainWords are the texts of yaml.v3 in plain words. Others reach a person as they are.
var plainWords = map[string]string{
	"did not find expected node content":                           "a value is missing here, or it begins with a character that must be quoted",
	"did not find expected ',' or ']'":                             "a list in brackets does not end",
	"did not find expected ',' or '}'":                             "a map in braces does not end",
	"did not find expected key":                                    "a key is expected here: the indentation does not match the lines above",
	"did not find expected '-' indicator":                          "an item that begins with - is expected here: the indentation does not match the lines above",
	"did not find expected <document start>":                       "the document has ended before this line",
	"did not find expected alphabetic or numeric character":        "a name must follow & or *: quote the text",
	"did not find expected comment or line break":                  "only a comment may follow here",
	"did not find expected hexdecimal number":                      "an escape sequence lacks its hexadecimal digits",
	"did not find expected whitespace or line break":               "a space must follow here",
	"could not find expected ':'":                                  "a key without : stands here or above",
	"could not find expected directive name":                       "a line that begins with % is no text: quote it",
	"block sequence entries are not allowed in this context":       "an item that begins with - can't stand here",
	"mapping keys are not allowed in this context":                 "a key can't stand here",
	"mapping values are not allowed in this context":               "a second : stands in this line, or the indentation does not match the lines above",
	"found character that cannot start any token":                  "no value can begin with this character",
	"found unexpected end of stream":                               "a quote that opens here or above does not end",
	"found unexpected document indicator":                          "a quote that opens above does not end before this line",
	"found unknown escape character":                               "the escape sequence is not known: in double quotes write \\\\ for \\",
	"found a tab character that violates indentation":              "a tab stands in the indentation",
	"found a tab character where an indentation space is expected": "a tab stands in the indentation",
}
