package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// nfpmConfig is packaging/nfpm.yaml, as far as it is used.
type nfpmConfig struct {
	Name          string `yaml:"name"`
	Arch          string `yaml:"arch"`
	Platform      string `yaml:"platform"`
	Version       string `yaml:"version"`
	VersionSchema string `yaml:"version_schema"`
	Release       string `yaml:"release"`
	nfpmCommon    `yaml:",inline"`
}

// nfpmCommon is what nfpm and goreleaser call alike.
type nfpmCommon struct {
	Section     string                         `yaml:"section"`
	Priority    string                         `yaml:"priority"`
	Maintainer  string                         `yaml:"maintainer"`
	Description string                         `yaml:"description"`
	Recommends  []string                       `yaml:"recommends"`
	Overrides   map[string]map[string][]string `yaml:"overrides"`
	Contents    []nfpmContent                  `yaml:"contents"`
	Scripts     map[string]string              `yaml:"scripts"`
	RPM         map[string]string              `yaml:"rpm"`
}

type nfpmContent struct {
	Src      string         `yaml:"src"`
	Dst      string         `yaml:"dst"`
	Type     string         `yaml:"type"`
	Packager string         `yaml:"packager"`
	Expand   bool           `yaml:"expand"`
	FileInfo map[string]int `yaml:"file_info"`
}

type goreleaserConfig struct {
	Version int    `yaml:"version"`
	Project string `yaml:"project_name"`
	Before  struct {
		Hooks []string `yaml:"hooks"`
	} `yaml:"before"`
	Builds []struct {
		ID      string   `yaml:"id"`
		Main    string   `yaml:"main"`
		Binary  string   `yaml:"binary"`
		Env     []string `yaml:"env"`
		Flags   []string `yaml:"flags"`
		Ldflags []string `yaml:"ldflags"`
		ModTime string   `yaml:"mod_timestamp"`
		Targets []string `yaml:"targets"`
	} `yaml:"builds"`
	Archives []map[string]any `yaml:"archives"`
	NFPMs    []struct {
		ID         string   `yaml:"id"`
		IDs        []string `yaml:"ids"`
		Package    string   `yaml:"package_name"`
		Formats    []string `yaml:"formats"`
		MTime      string   `yaml:"mtime"`
		nfpmCommon `yaml:",inline"`
	} `yaml:"nfpms"`
	Checksum map[string]string   `yaml:"checksum"`
	SBOMs    []map[string]string `yaml:"sboms"`
}

// strictly decodes a YAML file of the repository; an unknown key is an error.
func strictly(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", file))
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// goreleaser builds what the Makefile builds, and packs what packaging/build packs.
func TestReleasesAreWhatTheMakefileBuilds(t *testing.T) {
	var release goreleaserConfig
	var nfpm nfpmConfig
	strictly(t, ".goreleaser.yaml", &release)
	strictly(t, "packaging/nfpm.yaml", &nfpm)
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	platforms := regexp.MustCompile(`(?m)^PLATFORMS := (.*)$`).FindSubmatch(makefile)
	ldflags := regexp.MustCompile(`(?m)^LDFLAGS := (.*)\$\(if \$\(VERSION\),(.*)\)$`).FindSubmatch(makefile)
	if platforms == nil || ldflags == nil || len(release.Builds) != 2 || len(release.NFPMs) != 1 {
		t.Fatalf("platforms %q, ldflags %q, %d builds, %d packages", platforms, ldflags, len(release.Builds), len(release.NFPMs))
	}
	want := strings.Fields(strings.ReplaceAll(string(platforms[1]), "/", "_"))
	if diff := cmp.Diff(want, slices.Concat(release.Builds[0].Targets, release.Builds[1].Targets)); diff != "" {
		t.Errorf("PLATFORMS of the Makefile, targets of goreleaser (-Makefile +goreleaser):\n%s", diff)
	}
	// Summary is what git describe says.
	flags := strings.ReplaceAll(string(ldflags[1])+string(ldflags[2]), "$(VERSION)", "{{ .Summary }}")
	for _, build := range release.Builds {
		if diff := cmp.Diff([]string{flags}, build.Ldflags); diff != "" {
			t.Errorf("build %s: %s", build.ID, diff)
		}
		if !slices.Contains(build.Flags, "-trimpath") || !slices.Contains(build.Env, "CGO_ENABLED=0") || build.Main != "./cmd/aixmend" {
			t.Errorf("%+v", build)
		}
	}
	packed := release.NFPMs[0]
	for _, target := range release.Builds[0].Targets {
		if !strings.HasPrefix(target, "linux_") || !slices.Equal(packed.IDs, []string{release.Builds[0].ID}) {
			t.Errorf("packages are for Linux: %s", target)
		}
	}
	ours := nfpm.nfpmCommon
	ours.Contents = nil
	for _, c := range nfpm.Contents {
		if c.Dst != "/usr/bin/aixmend" { // goreleaser puts it in by itself
			c.Src, c.Expand = strings.Replace(c.Src, "${STAGE}", "bin/stage", 1), false
			ours.Contents = append(ours.Contents, c)
		}
	}
	if diff := cmp.Diff(ours, packed.nfpmCommon); diff != "" {
		t.Errorf("-packaging/nfpm.yaml +.goreleaser.yaml:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"deb", "rpm"}, packed.Formats); diff != "" {
		t.Error(diff)
	}
	for what, script := range packed.Scripts {
		if info, err := os.Stat(filepath.Join("../..", script)); err != nil || info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s: %s can't be run: %v", what, script, err)
		}
	}
}

func TestPackageVersions(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("the package's version script is run by a shell, which is not here: %v", err)
	}
	for described, want := range map[string]string{
		"v1.2.3":                    "1.2.3",
		"v1.2.3-rc1":                "1.2.3~rc1",
		"v1.2.3-5-gabcdef0":         "1.2.3+5.gabcdef0",
		"v1.2.3-rc1-7-g00ff-dirty":  "1.2.3~rc1+7.g00ff+dirty",
		"abcdef0":                   "0~20260131.gabcdef0",
		"abcdef0-dirty":             "0~20260131.gabcdef0+dirty",
		"site/odd name-1-gabcdef0:": "0~20260131.gsite.odd.name.1.gabcdef0.",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "../../packaging/version", described, "20260131").Output()
		got := strings.TrimSpace(string(out))
		if err != nil || got != want {
			t.Errorf("%s: %q, wanted %q (%v)", described, got, want, err)
		}
		if !regexp.MustCompile(`^[0-9][A-Za-z0-9.+~]*$`).MatchString(got) {
			t.Errorf("%s: %q is no version of a package", described, got)
		}
	}
}
