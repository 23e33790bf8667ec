USE map
GO
declare @a int = 1; select [x]]y], @@rowcount, N'GO
GO
'
GO 5
/* GO
GO
/* */ */ select 1
 go -- last
