module shop.example/stock

go 1.26.0
