# The targets people expect. `make help` lists them.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

GO       ?= go
FUZZTIME ?= 10s
FUZZERS  ?= 1
SOAK     ?= 10m
BENCH    ?= some
ROUNDS   ?= 1
ARCH     ?= amd64

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
# Static, stripped, and the same bytes from any folder. Without git the binary reports
# the version of its module.
LDFLAGS := -s -w $(if $(VERSION),-X main.version=$(VERSION))
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags

# Tools are pinned in tools/pinned/go.mod, apart from what the product needs.
TOOL := $(GO) tool -modfile=tools/pinned/go.mod

RELEASED  := linux/amd64 linux/arm64 linux/ppc64le linux/s390x darwin/amd64 darwin/arm64 windows/amd64 aix/ppc64
PLATFORMS := $(RELEASED)
# Linux architectures with a deb and an rpm.
PACKAGED  := amd64 arm64 ppc64le

# `go test -list` prints names, then "ok PACKAGE TIME": make it PACKAGE NAME.
BY_PACKAGE := awk '$$1 == "ok" { for (i = 0; i < n; i++) print $$2, name[i]; n = 0; next } NF == 1 { name[n++] = $$1 }'

.DEFAULT_GOAL := build

.PHONY: build
build: ## one static binary, bin/aixmend
	$(BUILD) '$(LDFLAGS)' -o bin/aixmend ./cmd/aixmend

.PHONY: reproducible
reproducible: build ## that a clone of the commit in another folder builds the same bytes
	@work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	git clone -q . "$$work/elsewhere"; \
	$(MAKE) -s -C "$$work/elsewhere" build VERSION='$(VERSION)'; \
	cmp bin/aixmend "$$work/elsewhere/bin/aixmend" && echo same bytes

.PHONY: reproducible-release
reproducible-release: ## the same for every file of a release: two clones, two users' settings, two times
	@GO='$(GO)' packaging/reproduce

# Tests wait for processes and connections half of their time, so four run at a time on
# two cores as well.
.PHONY: test
test: ## every package; of suites that repeat themselves a share (make suites runs them whole)
	$(GO) test -timeout 30m -p 4 -parallel 4 ./...

.PHONY: race
race: ## the same as test, under the race detector
	$(GO) test -race -vet=off -timeout 60m ./...

.PHONY: browser
browser: ## the HTML report in a headless Chromium
	cd tools/browser && $(GO) vet ./... && $(GO) test -count 1 -v ./...

.PHONY: lint
lint: ## golangci-lint with .golangci.yml; actionlint for the workflows
	$(TOOL) golangci-lint run ./...
	$(TOOL) actionlint -ignore 'label "aix-network" is unknown' .github/workflows/*.yml examples/github-actions.yaml

.PHONY: vulncheck
vulncheck: ## known vulnerabilities in the code that is called; fails, too, if their database is out of reach
	@code=0; $(TOOL) govulncheck ./... || code=$$?; \
	case $$code in 0 | 3) ;; *) echo 'make vulncheck: nothing was checked: govulncheck did not finish; it needs https://vuln.go.dev' >&2 ;; esac; \
	exit $$code

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s), FUZZERS (1) at a time
	@targets=$$(grep -rEo --include='*_test.go' '^func Fuzz\w+' . | sed 's|/[^/]*:func | |' | sort); \
	[[ -n "$$targets" ]] || { echo 'no fuzz target found' >&2; exit 1; }; \
	xargs -P $(FUZZERS) -n 2 sh -cx '$(GO) test -run "^$$" -fuzz "^$$2$$" -fuzztime $(FUZZTIME) "$$1" || exit 255' fuzz <<<"$$targets"

.PHONY: suites
suites: ## the tests that take a share of their rounds in make test, whole: all seeds of histories, weather, kill, freeze and variants; each kill point of resume; OpenSSH; floods
	@$(GO) run ./tools/suites | xargs -P 2 -n 2 sh -cx '$(GO) test -count 1 -vet=off -timeout 60m "$$1" -run "$$2" -suite.whole' suites

.PHONY: hints
hints: ## run, not only parse, the hints that all scripts of the command print; make test runs those of two
	$(GO) test ./cmd/aixmend -count 1 -timeout 60m -parallel 8 -run '^TestScripts$$' -v -hints.run | grep -v -e '^=== ' -e '^ *--- PASS: '

.PHONY: histories
histories: ## random histories of a host against rows E1 to E7, new ones for SOAK (10m)
	$(GO) test ./controller/course -count 1 -v -timeout 0 -run '^TestHistories$$' -histories.soak '$(SOAK)'

.PHONY: soak
soak: ## recoveries in hostile weather, and under kill -9, with new seeds, for SOAK (10m) each; 200 rounds and a partition over sites
	$(GO) test ./controller -run '^TestWeather$$' -v -timeout 0 -weather.soak '$(SOAK)' | grep -v -e '^=== ' -e '^ *--- PASS: .*/seed='
	$(GO) test ./cmd/aixmend -run '^Test(KilledOverSites|FrozenWorker)$$' -v -timeout 0 -suite.whole -sites.rounds 200 | grep 'over sites:\|^ok\|FAIL'
	$(GO) test ./cmd/aixmend -run '^TestPartition$$' -v -timeout 0 -sites.partition '$(SOAK)' | grep 'over sites:\|^ok\|FAIL'
	$(GO) test ./cmd/aixmend -run '^TestKill$$' -v -timeout 0 -kill.soak '$(SOAK)' | grep -v -e '^=== ' -e '^ *--- PASS: .*/seed='

.PHONY: measure
measure: ## sizes, arrows between files, words and commits: the figures that tools/measure holds budgets for
	$(GO) run ./tools/measure

.PHONY: bench
bench: ## fleets, captures, recoveries, an sshd with other tools, many sites, a year of runs, and the targets; BENCH=all, ROUNDS=5, RUN=regexp, PROFILE=DIR
	@GO='$(GO)' BENCH='$(BENCH)' ROUNDS='$(ROUNDS)' PROFILE='$(PROFILE)' RUN='$(RUN)' tools/bench

.PHONY: bench-go
bench-go: ## the Go benchmarks of the hot paths
	@packages=$$($(GO) test -list '^Benchmark' ./... | $(BY_PACKAGE) | awk '$$1 !~ "^aixmend/cmd/aixmend(/hub)?$$" { print $$1 }' | sort -u); \
	[[ -n "$$packages" ]] || { echo 'no benchmark found' >&2; exit 1; }; \
	set -x; $(GO) test -run '^$$' -bench . $$packages

.PHONY: bench-diff
bench-diff: ## they, against the last tag or BASE=commit, COUNT (6) times in turn, by benchstat
	@GO='$(GO)' tools/bench-diff

.PHONY: cover
cover: ## coverage of all tests over all packages, as coverage.out
	$(GO) test -coverpkg=./... -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out | tail -n 1

.PHONY: golden
golden: ## write golden files, schemas and docs/reference.md anew; read the diff before you commit it
	@folders=$$(grep -rl --include='*_test.go' 'golden\.\(Check\|Updating\)(' . | xargs -n 1 dirname | sort -u | grep -vx ./cmd/aixmend); \
	set -x; $(GO) test $$folders -update; \
	$(GO) test ./cmd/aixmend -run '^(TestReference|TestCorpus|TestRoomsAreCopied)$$' -update

.PHONY: demo
demo: build ## the main job on a simulated fleet
	bin/aixmend demo

# With -s nothing can read which modules are in the binary for AIX, and it saves no byte.
.PHONY: cross
cross: ## the command for every platform, in dist/
	@for platform in $(PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/} suffix= flags='$(LDFLAGS)'; \
		[[ "$$os" != windows ]] || suffix=.exe; \
		[[ "$$os" != aix ]] || flags=$${flags#-s }; \
		echo "$$platform"; \
		GOOS=$$os GOARCH=$$arch $(BUILD) "$$flags" \
			-o "dist/aixmend-$$os-$$arch$$suffix" ./cmd/aixmend; \
	done

.PHONY: licences
licences: ## the licence texts of all that is linked, on any platform, in dist/
	@mkdir -p dist
	$(GO) run ./tools/licences $(RELEASED) > dist/THIRD-PARTY-LICENCES.txt

.PHONY: package
package: licences ## deb and rpm for Linux, in dist/; their contents are checked where dpkg-deb and rpm are
	rm -f dist/*.deb dist/*.rpm
	$(MAKE) -s cross PLATFORMS='$(addprefix linux/,$(PACKAGED))'
	GO='$(GO)' VERSION='$(VERSION)' ARCHITECTURES='$(PACKAGED)' packaging/build
	packaging/check dist/*.deb dist/*.rpm

.PHONY: image
image: licences ## an image of the static binary for ARCH (amd64), aixmend:VERSION, with docker, podman or buildah
	$(MAKE) -s cross PLATFORMS='linux/$(ARCH)'
	packaging/image '$(ARCH)' 'aixmend:$(or $(VERSION),development)'

.PHONY: release
release: ## all of a release, in dist/: binaries, packages, SBOMs, licence texts, SHA256SUMS; signed as packaging/sign says
	@GO='$(GO)' VERSION='$(VERSION)' packaging/release

.PHONY: clean
clean: ## what the targets above leave behind
	rm -rf bin dist coverage.out

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
