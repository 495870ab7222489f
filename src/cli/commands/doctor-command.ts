import { Option } from "commander";
import { defineCommand } from "../run-command.js";
import type { DoctorCheck } from "../doctor/doctor-check.js";
import { formatDoctor } from "../text/doctor-report.js";

interface DoctorOptions {
  directory: string;
  project: string;
}

interface DoctorAnswer {
  checks: DoctorCheck[];
}

export const doctorCommand = defineCommand<DoctorOptions, DoctorAnswer>({
  options: [
    new Option("--project <path>", "the folder with the agent's node_modules").default("."),
  ],
  readsSource: true,
  tellsOfSettings: true,
  exitCodes: { 0: "nothing keeps calls from being recorded", 1: "something does" },
  async answer(source, { project }, run) {
    const { examine } = await import("../doctor/examine.js");
    const checks = await examine({ directory: source.name, project, env: process.env });
    if (checks.some(({ outcome }) => outcome === "bad")) run.setExitCode(1);
    return { checks };
  },
  toText: ({ checks }) => formatDoctor(checks),
  toJson: ({ checks }) => checks,
});
