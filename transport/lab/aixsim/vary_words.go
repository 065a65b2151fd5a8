package aixsim

// Answers of commands that have nothing to show. None of them is known to be
// AIX's own: each is one that it could give.

// statusAnswers differ in stream and exit status alone.
func statusAnswers() []Answer {
	return []Answer{{Exit: 1}, {Exit: 0}, {Exit: 2}, {Exit: 255}, {Stdout: true, Exit: 0}, {Stdout: true, Exit: 1}}
}

func noClusterAnswers() []Answer {
	return []Answer{
		{Text: "lscluster: Cluster services are not active.\n", Exit: 1},
		{Text: "Cluster services are not active.\n", Stdout: true, Exit: 1},
		{Text: "lscluster: Cluster services are not active.\n", Exit: 2},
		{Text: "lscluster: No cluster is configured.\n", Exit: 255},
		{Text: "lscluster: The local node is not a member of a cluster.\n", Exit: 1},
		{Text: "This node does not belong to a cluster.\n", Stdout: true},
		{Text: "lscluster: 1831-402 Unable to obtain cluster information.\n", Exit: 2},
		{Text: "ERROR: lscluster: no repository disk was found.\nlscluster: query failed, rc=-1\n", Stdout: true, Exit: 255},
		{Text: "lscluster: A file or directory in the path name does not exist.\n", Exit: 1},
		{Text: "0590-022 The command could not be run: the kernel extension is not loaded.\n", Exit: 1},
		{Text: "lscluster: Invalid argument\n", Exit: 22},
		{}, {Exit: 1}, {Exit: 2}, {Exit: 255},
	}
}

func noClassAnswers() []Answer {
	return []Answer{
		{Text: "odmget: Could not open object class %s.\n", Exit: 1},
		{Text: "odmget: Could not retrieve object for %s, odm errno 5904\n", Exit: 1},
		{Text: "odmget: Could not retrieve object for %s, odm errno 5909\n", Stdout: true, Exit: 1},
		{Text: "0519-004 libodm: The specified search criteria is incorrectly formed.\n", Exit: 1},
		{Text: "0518-506 odmget: Object class %s does not exist.\n", Exit: 2},
		{Text: "odmget: %s: A file or directory in the path name does not exist.\n", Exit: 255},
		{Text: "%s: not found\n", Stdout: true, Exit: 1},
		{Text: "\t0519-007 libodm: The object class could not be opened.\n\tCheck the permissions of %s.\n", Exit: 255},
		{}, {Exit: 1}, {Exit: 255},
	}
}

func notOnFileAnswers() []Answer {
	return []Answer{
		{Text: "0513-085 The %s Subsystem is not on file.\n", Exit: 1},
		{Text: "0513-084 There are no subsystems or groups that are called %s.\n", Stdout: true, Exit: 1},
		{Text: "lssrc: The %s subsystem is not known to the System Resource Controller.\n", Exit: 1},
		{Text: "The %s Subsystem is not defined.\n", Stdout: true, Exit: 1},
	}
}

func notInstalledAnswers() []Answer {
	return []Answer{
		{Text: "lslpp: 0504-132  Fileset %s not installed.\n\n", Stdout: true, Exit: 1},
		{Text: "lslpp: Fileset %s not installed.\n", Exit: 1},
		{Text: "lslpp: 0504-153 There is no fileset that matches %s.\n", Exit: 1},
		{Text: "%s is not there\n", Exit: 2},
		{Exit: 1}, {},
	}
}

func daemonDownAnswers() []Answer {
	return []Answer{
		{Text: "0513-036 The request could not be passed to the %s subsystem.\nStart the subsystem and try your command again.\n", Stdout: true, Exit: 1},
		{Text: "rmcdomainstatus: 2610-412 A session with the RMC daemon could not be established.\n", Exit: 1},
		{Text: "The %s subsystem is not active.\n", Stdout: true, Exit: 255},
		{Text: "rmcdomainstatus: connect: A remote host refused an attempted connect operation.\n", Exit: 3},
		{}, {Exit: 1}, {Exit: 255},
	}
}

func noPeerDomainAnswers() []Answer {
	return []Answer{{}, {Text: "Name OpState RSCTActiveVersion MixedVersions TSPort GSPort \n", Stdout: true}, {Text: "\n", Stdout: true}}
}

func noSessionAnswers() []Answer {
	return []Answer{
		{Text: "/usr/sbin/rsct/bin/lsrpdomain-api: 2612-022 A session could not be established with the RMC daemon on \"local_node\".\n", Exit: 1},
		{Text: "lsrpdomain: 2632-044 The domain cannot be listed.\n", Exit: 2},
		{Exit: 1}, {},
	}
}

func noNodeIDAnswers() []Answer {
	const text = "2641-036 The node does not have an assigned node identifier.\n"
	return []Answer{{Text: text, Stdout: true, Exit: 1}, {Text: "lsnodeid: " + text, Exit: 1}, {Text: text, Exit: 2}, {Text: "/usr/sbin/rsct/bin/lsnodeid: " + text, Exit: 255}}
}

func entstatFailedAnswers() []Answer {
	return []Answer{
		{Text: "entstat: 0909-003 Unable to connect to device %s, errno = 19\n", Exit: 1},
		{Text: "entstat: 0909-003 Unable to connect to device %s, errno = 22\n", Stdout: true, Exit: 1},
		{Text: "entstat: %s: The device is busy.\n", Exit: 2},
		{Exit: 1}, {Exit: 255},
	}
}

func alreadyActiveAnswers() []Answer {
	return []Answer{{}, {Text: "0513-029 The %s Subsystem is already active.\nMultiple instances are not supported.\n", Stdout: true, Exit: 1},
		{Text: "rmcctrl: the %s subsystem was started already\n"}}
}

func refreshAnswers() []Answer {
	return []Answer{{Text: "0513-095 The request for subsystem refresh was completed successfully.\n", Stdout: true}, {Text: "0513-056 Timeout waiting for command response.\n", Exit: 1}}
}

func refreshMDAnswers() []Answer {
	return []Answer{{Text: "The management domain was refreshed.\n", Stdout: true}, {Exit: 1}, {Text: "rmcrefreshMD: nothing to do\n", Exit: 4}}
}
