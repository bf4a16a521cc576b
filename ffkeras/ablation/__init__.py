"""Every module on trial: many small changes of a network, trained alike and compared.

Takes a table of rows (`rows.json`, to which anybody can add), a training recipe and seeds; trains what is missing in
child processes, measures what each row costs and finds, and writes the table with a verdict on each claim. Nothing is
imported here; import the modules by name.
"""
