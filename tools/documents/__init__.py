"""Documents as skills: CSV, workbooks, PDF, charts, HTML. Their libraries are loaded by a worker process only.

tables, sheets, pdfs, charts, pages    the skills             working    starts a worker under the launcher
worker, work/                          what a worker runs     skills     which of them this machine can offer
"""
