package serve

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"aixmend/cmd/aixmend/approve"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/naming"
)

//go:embed assets
var assets embed.FS

// Options say who may read a site.
type Options struct {
	// Token is asked for; "" for none.
	Token string
	// TLS says that it is reached by https.
	TLS bool
	// Names are the names of this server, beside its addresses, localhost and that of the machine.
	Names []string
	// Saved reads the saved plans; nil: there is no folder of them.
	Saved func() ([]approve.Waiting, error)
}

// Site serves a state folder.
type Site struct {
	store *journal.Store
	root  *os.Root
	guard *guard
	pages *template.Template
	poll  time.Duration // how often a run that goes on is read
	saved func() ([]approve.Waiting, error)
}

// New returns the site of a state folder, and root is that folder.
func New(store *journal.Store, root *os.Root, o Options) *Site {
	clean := func(v any) string { return report.Clean(fmt.Sprint(v), false) }
	brief := func(v any) string { return clip(clean(v)) }
	pages := template.Must(template.New("").Funcs(template.FuncMap{
		"clean": clean, "brief": brief, "number": report.Number, "stamp": report.Stamp, "took": took, "bar": bar, "link": link,
	}).ParseFS(assets, "assets/*.tmpl"))
	return &Site{store: store, root: root, guard: newGuard(o), pages: pages, poll: time.Second, saved: o.Saved}
}

// Handler answers the requests.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.runs)
	mux.HandleFunc("/trends", s.trends)
	mux.HandleFunc("/plans", s.guard.heavily(s.plans))
	mux.HandleFunc("/compare", s.guard.heavily(s.compare))
	mux.HandleFunc("/host/{host}", s.guard.heavily(s.host))
	mux.HandleFunc("/run/{run}", s.guard.heavily(s.run))
	mux.HandleFunc("/run/{run}/report.html", s.page)
	mux.HandleFunc("/run/{run}/events", s.events)
	mux.HandleFunc("/run/{run}/files/{file...}", s.download)
	mux.HandleFunc("/login", s.login)
	mux.HandleFunc("/assets/{name}", s.asset)
	return s.guard.around(mux)
}

// maxCell is the longest text of a cell, in characters: documents have all of it.
const maxCell = 160

// clip cuts a text for a cell.
func clip(text string) string {
	if all := []rune(text); len(all) > maxCell {
		return string(all[:maxCell]) + "…"
	}
	return text
}

// view is the data of a page.
type view struct {
	Title, At string // At is the entry of the menu
	Token     bool
	Data      any
}

// show writes a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, name string, v view) {
	v.Token = s.guard.token != ""
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, v); err != nil {
		refuse(w, http.StatusInternalServerError, "internal error: "+report.Clean(err.Error(), false))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Method != http.MethodHead {
		_, _ = b.WriteTo(w)
	}
}

// fail says why there is no page.
func fail(w http.ResponseWriter, code int, err error) {
	refuse(w, code, report.Clean(err.Error(), true))
}

// asset serves the style or the script.
func (s *Site) asset(w http.ResponseWriter, r *http.Request) {
	kind := map[string]string{"serve.css": "text/css; charset=utf-8", "serve.js": "text/javascript; charset=utf-8"}[r.PathValue("name")]
	text, err := assets.ReadFile("assets/" + r.PathValue("name"))
	if kind == "" || err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(text)
}

// login asks for the token, and takes it: the only request that is no GET or HEAD.
func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	wrong := false
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if s.guard.token != "" && r.ParseForm() == nil && s.guard.try(r.PostForm.Get("token")) {
			s.guard.admit(w)
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		wrong = true
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
	}
	s.show(w, r, "login", view{Title: "Token", Data: wrong})
}

// real reports whether a path below the state folder is a file or folder there, and no link leads to it:
// nothing outside of the folder is shown.
func (s *Site) real(name string, dir bool) bool {
	for part := name; part != "." && part != "/"; part = path.Dir(part) {
		info, err := s.root.Lstat(part)
		if err != nil || info.Mode()&os.ModeSymlink != 0 || part != name && !info.IsDir() {
			return false
		}
		if part == name && (dir != info.IsDir() || !dir && !info.Mode().IsRegular()) {
			return false
		}
	}
	return true
}

// known returns the run of a request; "" after an answer that there is none.
func (s *Site) known(w http.ResponseWriter, r *http.Request) string {
	id := r.PathValue("run")
	if id == "latest" {
		id, _ = s.store.Resolve(id)
	}
	if naming.IsFile(id) && s.real("runs/"+id, true) {
		return id
	}
	http.Error(w, "there is no such run", http.StatusNotFound)
	return ""
}

// has reports whether a run has a file of its own.
func (s *Site) has(id, file string) bool { return s.real("runs/"+id+"/"+file, false) }

// files are those of a run that can be downloaded, beside the reports of its hosts, with their types.
var files = map[string]string{"run.json": "application/json", "journal.jsonl": "application/x-ndjson", "report.html": "application/octet-stream"}

// download sends a document as a file.
func (s *Site) download(w http.ResponseWriter, r *http.Request) {
	id := s.known(w, r)
	if id == "" {
		return
	}
	file := r.PathValue("file")
	kind := files[file]
	if name, is := strings.CutPrefix(file, "hosts/"); is {
		host := strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".md")
		switch {
		case !naming.IsFile(host) || host == name:
		case strings.HasSuffix(name, ".json"):
			kind = "application/json"
		default:
			kind = "text/markdown; charset=utf-8"
		}
	}
	if kind == "" || !s.has(id, file) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+id+"-"+path.Base(file)+`"`)
	s.send(w, r, "runs/"+id+"/"+file)
}

// page shows report.html, in an origin of its own.
func (s *Site) page(w http.ResponseWriter, r *http.Request) {
	id := s.known(w, r)
	if id == "" {
		return
	}
	if !s.has(id, "report.html") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.send(w, r, "runs/"+id+"/report.html")
}

// send sends a file of the state folder.
func (s *Site) send(w http.ResponseWriter, r *http.Request, name string) {
	file, err := s.root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Minute)) // a page of 13 MB over a slow line
	w.Header().Set("Content-Length", fmt.Sprint(info.Size()))
	if r.Method != http.MethodHead {
		_, _ = io.CopyN(w, file, info.Size())
	}
}

// took is how long a run took, in words.
func took(run *outcome.Run) string {
	if run.Finished.IsZero() || run.Started.IsZero() {
		return ""
	}
	return max(run.Finished.Sub(run.Started), 0).Round(time.Second).String()
}

// piece is a part of a bar: of 1000, where it begins and how long it is.
type piece struct {
	Outcome     outcome.Outcome
	Hosts, X, W int
}

// maxCount bounds a count of hosts, which comes from a file: a sum of them can't overflow.
const maxCount = 1 << 40

// bar is the bar of a run's outcomes.
func bar(counts map[outcome.Outcome]int) []piece {
	of := func(o outcome.Outcome) int { return min(max(counts[o], 0), maxCount) }
	total := 0
	for _, o := range outcome.Outcomes() {
		total += of(o)
	}
	var list []piece
	x, sum := 0, 0
	for _, o := range outcome.Outcomes() {
		n := of(o)
		if n == 0 {
			continue
		}
		sum += n
		to := max(1000*sum/total, x+4) // a single host of many is seen
		list = append(list, piece{Outcome: o, Hosts: n, X: x, W: min(to, 1000) - x})
		x = min(to, 1000)
	}
	return list
}

// link escapes a name as a part of a path.
func link(name string) string { return url.PathEscape(name) }
