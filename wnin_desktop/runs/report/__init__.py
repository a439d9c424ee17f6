"""What a recorded comparison says: a typed summary, the leader table, figures, and a page that holds all.

Modules are imported by name, so that a table needs no matplotlib:

    collect     `collect(store, experiment_id) -> ComparisonSummary`, `summarize_run(store, run_id)`
    summary     the types
    leader      `leaders(summary) -> list[Leader]`, `records(table)`
    tables      `text_table`, `as_json`, `as_csv`, `as_latex`, `document`
    compare     `compare_runs(store, run_ids) -> RunComparison`
    figures     `plots(summary) -> list[Plot]`; `svg` and `overview` make files of them
    page        `write_report(store, experiment_id, out_dir) -> ReportFiles`
    look        colours, dashes, markers
"""
