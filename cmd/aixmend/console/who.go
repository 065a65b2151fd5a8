package console

import (
	"net/url"
	"os"
	"os/user"
	"regexp"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// maxName bounds a name that says who started a run, and an address of a job, in bytes.
const maxName = 200

// By returns who called the command. The environment names the person behind sudo and the
// job of a pipeline: no secret is among the variables that are read, and of an address
// only scheme, host and path are kept.
func (c *Console) By() outcome.By {
	by := outcome.By{User: c.getenv("USER"), Machine: "unknown", Terminal: c.Terminal()}
	if machine, err := os.Hostname(); err == nil {
		by.Machine = machine
	}
	if u, err := user.Current(); err == nil {
		by.User = u.Username
	}
	if behind := named(c.getenv("SUDO_USER")); behind != named(by.User) {
		by.SudoUser = behind
	}
	by.User, by.Machine = named(by.User), named(by.Machine)
	by.Job, by.JobUser = c.job()
	return by
}

// job is the job of a pipeline and the person who started it, by the variables of its
// runner.
func (c *Console) job() (job, person string) {
	get := func(name string) string { return named(c.getenv(name)) }
	switch {
	case c.InWorkflow():
		page := strings.Join([]string{c.getenv("GITHUB_SERVER_URL"), c.getenv("GITHUB_REPOSITORY"), "actions/runs", c.getenv("GITHUB_RUN_ID")}, "/")
		return address(page, "GitHub Actions"), get("GITHUB_ACTOR")
	case get("GITLAB_CI") != "":
		return address(c.getenv("CI_JOB_URL"), "GitLab CI"), get("GITLAB_USER_LOGIN")
	case get("BUILD_URL") != "":
		return address(c.getenv("BUILD_URL"), "Jenkins"), get("BUILD_USER_ID")
	case get("CI") != "" && get("CI") != "false":
		return "CI", ""
	}
	return "", ""
}

// address is the address of a job, of which only scheme, host and path are kept: credentials
// can be in all other parts. It is bounded last, so that no part is cut before it is known.
// other stands where there is no address.
func address(text, other string) string {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !plainHost.MatchString(u.Host) {
		return other
	}
	path := strings.Split(u.EscapedPath(), "/")
	for i, segment := range path {
		path[i] = parameters.ReplaceAllString(segment, "")
	}
	return named(u.Scheme + "://" + u.Host + strings.Join(path, "/"))
}

var (
	// plainHost matches the host of an address and its port.
	plainHost = regexp.MustCompile(`^([0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?$`)
	// parameters matches the parameters of a segment of a path, as in /job;token=x/9.
	parameters = regexp.MustCompile(`(;|%3[Bb]).*`)
)

// named is a name as it may be printed and kept: clean, on one line, and bounded.
func named(text string) string {
	text = report.Clean(strings.TrimSpace(text), false)
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "")
	}
	return text
}
