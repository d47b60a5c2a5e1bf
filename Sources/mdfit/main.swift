print("mdfit")
