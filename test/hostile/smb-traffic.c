/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * SMB requests for a running aod: runs the BPF programs that the daemon has loaded, through the file descriptors of
 * its process, so that they write to the daemon's own maps and ring. One thread, one request after the other. Takes
 * CAP_SYS_ADMIN.
 *
 *   smb-traffic PID COUNT LATENCY_US [NT_STATUS ERRNO]
 *
 * COUNT writes, each answered LATENCY_US later; with NT_STATUS and ERRNO the answer is that error.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include "../kernel/loaded.h"

#define COMMAND_WRITE 9
#define TREE 5
#define SESSION 0x71

/* The kernel keeps 15 characters of a program's name: BPF_OBJ_NAME_LEN. */
static int program_of_daemon(const char *pid, const char *name)
{
	char path[PATH_MAX], line[256];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo", pid);
	folder = opendir(path);
	if (!folder)
		die("open %s", path);
	while ((entry = readdir(folder))) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		unsigned int id = 0;
		FILE *file;
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, entry->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file) && sscanf(line, "prog_id: %u", &id) != 1)
			;
		if (file)
			fclose(file);
		if (!id)
			continue;
		fd = check(bpf_prog_get_fd_by_id(id), "open a program");
		check(bpf_obj_get_info_by_fd(fd, &info, &size), "ask for a program's name");
		if (!strcmp(info.name, name)) {
			closedir(folder);
			return fd;
		}
		close(fd);
	}
	errno = ENOENT;
	die("process %s has no program %s", pid, name);
}

int main(int argc, char **argv)
{
	/* Message ids never repeat: they begin with the time. */
	__u64 message = now_ns();
	int enter, reply;

	if (argc != 4 && argc != 6)
		die("usage: smb-traffic PID COUNT LATENCY_US [NT_STATUS ERRNO]");
	enter = program_of_daemon(argv[1], "on_cmd_enter");
	reply = program_of_daemon(argv[1], argc == 4 ? "on_cmd_done" : "on_cmd_err");
	for (long left = atol(argv[2]); left > 0; left--) {
		__u64 arguments[TRACEPOINT_ARGUMENTS] = {TREE, SESSION, COMMAND_WRITE, message++};

		run_program(enter, arguments);
		usleep(atol(argv[3]));
		if (argc == 6) {
			arguments[4] = strtoull(argv[4], NULL, 0);
			/* The kernel reports errnos as negative numbers of 32 bits. */
			arguments[5] = (__u32)-atoi(argv[5]);
		}
		run_program(reply, arguments);
	}
	return 0;
}
