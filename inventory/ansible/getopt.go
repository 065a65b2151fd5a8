package ansible

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/sshtext"
)

// valued are the options of ssh that take a value, and the keyword of ssh_config that
// each stands for; one that stands for none is read by its letter.
var valued = map[byte]string{
	'o': "", 'F': "", 'J': "proxyjump", 'i': "identityfile", 'l': "user", 'p': "port",
	'b': "bindaddress", 'B': "bindinterface", 'c': "ciphers", 'D': "dynamicforward", 'E': "logfile", 'e': "escapechar",
	'I': "pkcs11provider", 'L': "localforward", 'm': "macs", 'O': "-O", 'P': "tag", 'Q': "-Q", 'R': "remoteforward",
	'S': "controlpath", 'W': "-W", 'w': "tunneldevice",
}

// switches are the options of ssh without a value: empty where one changes nothing of
// how a host is reached.
var switches = map[byte]string{
	'4': "addressfamily inet", '6': "addressfamily inet6", 'G': "-G", 'V': "-V", '1': "-1",
	'2': "", 'A': "", 'a': "", 'C': "", 'f': "", 'g': "", 'K': "", 'k': "", 'M': "", 'N': "", 'n': "", 'q': "", 's': "", 'T': "", 't': "",
	'v': "", 'X': "", 'x': "", 'Y': "", 'y': "",
}

// An option is one setting among arguments of ssh, in the form of ssh_config.
type option struct {
	letter  byte
	keyword string // in lower case; of a letter that stands for none, with its hyphen
	name    string // as it is written
	rest    string // behind the keyword
	from    string // the variable
	at      strictyaml.Pos
}

// getopt reads arguments as ssh does: options may stand in one word, and the value of
// one in the same word or in the next. It returns the options up to the first word that
// is none, and the words from there on.
func getopt(words []string, from string, at strictyaml.Pos) (options []option, rest []string, err error) {
	for len(words) > 0 && len(words[0]) > 1 && words[0][0] == '-' {
		cluster := words[0][1:]
		words = words[1:]
		if cluster == "-" { // no options any more
			return options, append([]string{"--"}, words...), nil
		}
		for cluster != "" {
			o := option{letter: cluster[0], name: "-" + cluster[:1], from: from, at: at}
			cluster = cluster[1:]
			keyword, takes := valued[o.letter]
			if !takes {
				text, known := switches[o.letter]
				if !known {
					return nil, nil, fmt.Errorf("ssh has no option -%c", o.letter)
				}
				if o.keyword, o.rest, _ = strings.Cut(text, " "); text != "" {
					options = append(options, o)
				}
				continue
			}
			if cluster == "" {
				if len(words) == 0 {
					return nil, nil, fmt.Errorf("-%c has no value", o.letter)
				}
				cluster, words = words[0], words[1:]
			}
			o.keyword, o.rest, cluster = keyword, cluster, ""
			switch o.letter {
			case 'o':
				text := strings.TrimSpace(o.rest)
				o.keyword, o.rest = sshtext.Keyword(text)
				o.name = text[:len(o.keyword)]
			case 'F':
				o.keyword = "-F"
			}
			options = append(options, o)
		}
	}
	return options, words, nil
}

// value returns the one value of an option.
func (o option) value() (string, error) {
	if o.letter != 'o' {
		return o.rest, nil // no quotes are read in it
	}
	words, err := o.values()
	if err == nil && len(words) > 1 {
		err = fmt.Errorf("%s has more than one value", o.name)
	}
	if err != nil {
		return "", err
	}
	return words[0], nil
}

// values returns all values of an option.
func (o option) values() ([]string, error) {
	words, err := sshtext.Words(o.rest)
	if err == nil && (len(words) == 0 || slices.Contains(words, "")) {
		err = fmt.Errorf("%s has no value", o.name)
	}
	return words, err
}

// arguments are those of one variable, taken apart.
type arguments struct {
	options []option
	about   question
	wrong   error // ssh or Ansible refuses them
}
