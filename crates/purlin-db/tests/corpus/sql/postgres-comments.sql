/* a /* b */ c */ select $1$2, $t$ $t $ $t$, U&'d\0061t', 'a\' -- x
;